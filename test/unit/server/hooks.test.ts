import { afterEach, describe, expect, it, vi } from 'vitest'
import { Announcer } from '../../../src/server/announcer.js'
import { Hooks, type ServerHooks } from '../../../src/server/hooks.js'
import { createLog } from '../../../src/server/log.js'
import type { Roster } from '../../../src/server/roster.js'
import type { WorkerHandle } from '../../../src/server/worker-handle.js'

afterEach(() => vi.useRealTimers())

function hooksOf(given: ServerHooks) {
  const lines: string[] = []
  const log = createLog('debug', (line) => lines.push(line))
  return { lines, hooks: new Hooks(given, log) }
}

/** What the announcer reads of a worker. */
const handle = (fields: object): WorkerHandle => Object.assign(Object.create(null), fields)

describe('Hooks', () => {
  it('passes events on, and does nothing where there is no hook', () => {
    const onReady = vi.fn()
    const { hooks, lines } = hooksOf({ onReady })
    hooks.call('onReady', { addresses: ['http://a:1'], workers: 2 })
    hooks.call('onReload', { failure: null })
    expect(onReady.mock.calls).toEqual([[{ addresses: ['http://a:1'], workers: 2 }]])
    expect(lines).toEqual([])
  })

  it.each<[string, ServerHooks]>([
    [
      'throws',
      {
        onExit: () => {
          throw new Error('no pager')
        },
      },
    ],
    ['rejects', { onExit: () => Promise.reject(new Error('no pager')) }],
  ])('logs what a hook %s', async (_, given) => {
    const { hooks, lines } = hooksOf(given)
    await hooks.exit()
    expect(lines.join('')).toContain('[ERROR] The hook onExit failed: no pager')
  })

  it('names a hook that holds the parent up', async () => {
    const { hooks, lines } = hooksOf({
      onReload: () => {
        const end = performance.now() + 150
        while (performance.now() < end);
      },
    })
    hooks.call('onReload', { failure: null })
    await Promise.resolve()
    expect(lines.join('')).toMatch(/\[WARNING\] The hook onReload held the parent up for \d+ ms/)
  })

  it('waits for onExit, but not for ever', async () => {
    const order: string[] = []
    await hooksOf({ onExit: () => Promise.resolve().then(() => order.push('told')) }).hooks.exit()
    expect(order).toEqual(['told'])
    vi.useFakeTimers()
    const { hooks, lines } = hooksOf({ onExit: () => new Promise(() => undefined) })
    const exit = hooks.exit()
    await vi.advanceTimersByTimeAsync(5000)
    await exit
    expect(lines.join('')).toContain('onExit was not done after 5 s')
  })
})

describe('Announcer', () => {
  function crewOf(workers: Partial<WorkerHandle>[], target: number) {
    const crew = { roster: { ready: workers } as unknown as Roster, target }
    const told: string[] = []
    const log = createLog('critical', () => undefined)
    const hooks = new Hooks(
      {
        onReady: (event) => told.push(`onReady ${JSON.stringify(event)}`),
        onWorkerReady: (event) => told.push(`onWorkerReady ${JSON.stringify(event)}`),
        onWorkersChanged: (event) => told.push(`onWorkersChanged ${JSON.stringify(event)}`),
        onWorkerExit: (event) => told.push(`onWorkerExit ${JSON.stringify(event)}`),
      },
      log,
    )
    const supervisor = {
      ready: (text: string) => told.push(`READY ${text}`),
      status: (text: string) => told.push(`STATUS ${text}`),
    }
    const news = () => told.splice(0)
    return { crew, news, announcer: new Announcer({ crew, supervisor, hooks }) }
  }

  it('tells of each change once: readiness, losses, returns, and another number', () => {
    const first = { nr: 1, pid: 11 }
    const second = { nr: 2, pid: 12 }
    const { crew, news, announcer } = crewOf([first], 2)
    announcer.turned()
    announcer.turned()
    expect(news()).toEqual(['onWorkerReady {"nr":1,"pid":11}'])
    crew.roster.ready.push(handle(second))
    expect(announcer.ready(['http://a:1'])).toBe('2 workers serve')
    announcer.turned()
    expect(news()).toEqual([
      'READY 2 workers serve',
      'onReady {"addresses":["http://a:1"],"workers":2}',
      'onWorkerReady {"nr":2,"pid":12}',
    ])
    crew.roster.ready.pop()
    announcer.gone(handle({ ...second, exit: { code: null, signal: 'SIGKILL' } }), false)
    announcer.turned()
    announcer.turned()
    expect(news()).toEqual([
      'onWorkerExit {"nr":2,"pid":12,"code":null,"signal":"SIGKILL","expected":false}',
      'STATUS 1 of 2 workers serve',
    ])
    crew.target = 1
    announcer.turned()
    expect(news()).toEqual(['onWorkersChanged {"from":2,"to":1}', 'STATUS 1 worker serves'])
  })

  it('has no news for the supervisor when a reload has one worker more for a moment', () => {
    const { crew, news, announcer } = crewOf([{ nr: 1, pid: 11 }], 1)
    announcer.ready([])
    announcer.turned()
    news()
    crew.roster.ready.push(handle({ nr: 2, pid: 12 }))
    announcer.turned()
    expect(news()).toEqual(['onWorkerReady {"nr":2,"pid":12}'])
  })
})
