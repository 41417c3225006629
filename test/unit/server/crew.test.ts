import { describe, expect, it } from 'vitest'
import { monotonicMs } from '../../../src/server/clock.js'
import { Crew, type CrewParts } from '../../../src/server/crew.js'
import { Retirement } from '../../../src/server/recycling.js'
import { checkSettings, type ServerSettings } from '../../../src/server/settings.js'
import { Watch, type WatchParts } from '../../../src/server/watch.js'
import type { WorkerHandle } from '../../../src/server/worker-handle.js'

function crewOf(settings: Partial<ServerSettings>, workers: object[]) {
  const lines: string[] = []
  const note = (text: string) => lines.push(text)
  const log = { info: note, warning: note, error: note, critical: note }
  const checked = checkSettings({ app: 'a.js', hangStack: false, ...settings })
  const crew = new Crew({ settings: checked, log } as unknown as CrewParts)
  for (const worker of workers) crew.roster.add(worker as WorkerHandle)
  const watch = new Watch(checked, { crew, log, hooks: { call: () => undefined } } as unknown as WatchParts)
  return { crew, watch, lines }
}

const EXHAUSTED = { restartBudget: 1, restartWindowSeconds: 60 }
const worker = (nr: number, more: object = {}) => ({
  ...{ nr, pid: 100 + nr, state: 'ready', killAtMs: Infinity, readyAtMs: 0, retiring: null, exit: null },
  ...{ requests: 0, turnedAtMs: monotonicMs(), heardAtMs: monotonicMs(), runQueueMs: () => 0 },
  ...{ hangFacts: () => ({ pid: 100 + nr, threads: [] }), kill: () => undefined },
  drain() {
    this.state = 'draining'
  },
  threadStack: () => new Promise(() => undefined),
  ...more,
})

describe('who serves when a worker is lost', () => {
  it.each([
    [[worker(1)], 'the others serve on'],
    [[], 'nobody serves until a new worker is ready'],
    [[worker(1, { state: 'booting' })], 'nobody serves until a new worker is ready'],
  ])('%#: with the budget used up it is said who serves', (left, meanwhile) => {
    const { crew, lines } = crewOf(EXHAUSTED, left)
    crew.died('crash', 0)
    crew.died('crash', 0)
    expect(lines.at(-1)).toMatch(/^Workers die faster than 1 in 60 s: next start in \d+ s; /)
    expect(lines.at(-1)).toContain(meanwhile)
  })

  it('is said of the last one at once, and not where another is ready', () => {
    const alone = crewOf({}, [])
    alone.crew.died('crash', 0)
    expect(alone.lines).toEqual(['No other worker is ready: nobody serves until a new one is'])
    const one = crewOf({}, [worker(1)])
    one.crew.died('crash', 0)
    expect(one.lines).toEqual([])
  })

  it.each([
    ['all of it hangs', { turnedAtMs: -1e6, heardAtMs: -1e6 }],
    ['a thread of it hangs', { turnedAtMs: -1e6 }],
  ])('does not count the one that is lost: %s', (_, silence) => {
    const { watch, lines } = crewOf({ timeoutSeconds: 1 }, [worker(1, silence)])
    watch.check(false)
    expect(lines).toContain('No other worker is ready: nobody serves until a new one is')
  })
})

describe('a limit of memory below what a fresh worker takes', () => {
  it('is told of once, and again when another limit is set', () => {
    const limits = { maxMemoryBytes: 2 ** 20 }
    const over = {
      limitBytes: limits.maxMemoryBytes,
      beganWithBytes: 50 * 2 ** 20,
      replacedAtBytes: 100 * 2 ** 20,
    }
    const retirement = Object.defineProperty(
      new Retirement({ maxRequests: 0, maxRequestsJitter: 0, maxLifetimeSeconds: 0, ...limits }, 0),
      'overFromStart',
      { value: over },
    )
    const { crew, lines } = crewOf({ workers: 2, ...limits }, [
      worker(1, { retirement }),
      worker(2, { retirement }),
    ])
    crew.renew()
    crew.renew()
    expect(lines).toEqual([expect.stringMatching(/^--max-memory 1 MiB is less than a fresh worker takes/)])
    crew.adopt(checkSettings({ app: 'a.js', workers: 2, maxMemoryBytes: 2 * 2 ** 20 }))
    crew.renew()
    expect(lines).toHaveLength(2)
  })
})
