import { describe, expect, it } from 'vitest'
import { monotonicMs } from '../../../src/server/clock.js'
import { bootFailure } from '../../../src/server/obituary.js'
import type { ServerSettings } from '../../../src/server/settings.js'
import { Watch, type WatchParts } from '../../../src/server/watch.js'
import type { WorkerHandle } from '../../../src/server/worker-handle.js'

function watching(worker: object) {
  const warnings: string[] = []
  const watch = new Watch(
    { timeoutSeconds: 30, bootTimeoutSeconds: 60 } as ServerSettings,
    {
      crew: { roster: { all: [{ killAtMs: Infinity, nr: 2, pid: 77, ...worker }] } },
      log: { warning: (text: string) => warnings.push(text) },
    } as unknown as WatchParts,
  )
  return { watch, warnings }
}

describe('a worker that loads its app for long', () => {
  it('is told of once', () => {
    const { watch, warnings } = watching({ state: 'booting', spawnedAtMs: monotonicMs() - 10_001 })
    watch.check(false)
    watch.check(false)
    expect(warnings).toEqual([
      'Worker 2 (pid:77) is still loading the app after 10 s; it is given 60 s (--boot-timeout)',
    ])
  })

  it.each([
    { state: 'booting', spawnedAtMs: monotonicMs() },
    { state: 'draining', spawnedAtMs: monotonicMs() - 20_000 },
  ])('and not of one that is $state', (worker) => {
    const { watch, warnings } = watching(worker)
    watch.check(false)
    expect(warnings).toEqual([])
  })
})

describe('a worker that ended while it loaded its app', () => {
  const hint = (exit: WorkerHandle['exit']) => bootFailure({ failure: null, exit }).suggestions[0]

  it.each([
    [{ code: 0, signal: null }, 'process.exit(0) while it was loading'],
    [{ code: 7, signal: null }, 'process.exit(7)'],
    [{ code: null, signal: 'SIGKILL' as const }, 'memory limit'],
  ])('%j: says what did it, and promises no output', (exit, text) => {
    expect(hint(exit)).toContain(text)
    expect(hint(exit)).toContain('if it printed anything')
  })
})
