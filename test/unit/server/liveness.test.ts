import { describe, expect, it } from 'vitest'
import { Liveness } from '../../../src/server/liveness.js'

const SETTINGS = { timeoutSeconds: 2, bootTimeoutSeconds: 10 }
const READY = {
  state: 'ready',
  killAtMs: Infinity,
  spawnedAtMs: 0,
  turnedAtMs: 10_000,
  heardAtMs: 10_000,
  runQueueMs: () => 0,
} as const

/** A judge whose own loop turned every half second up to now. */
function judgeAt(nowMs: number, settings = SETTINGS): Liveness {
  const liveness = new Liveness(settings, 0)
  for (let turn = 500; turn <= nowMs; turn += 500) liveness.turned(turn)
  return liveness
}

describe('Liveness', () => {
  it.each([
    { name: 'within the timeout', worker: READY, nowMs: 12_000, verdict: 'fine' },
    { name: 'silent for longer', worker: READY, nowMs: 12_001, verdict: 'blocked' },
    {
      name: 'a silent thread',
      worker: { ...READY, heardAtMs: 12_000 },
      nowMs: 12_500,
      verdict: 'thread-blocked',
    },
    { name: 'draining', worker: { ...READY, state: 'draining' }, nowMs: 60_000, verdict: 'fine' },
    {
      name: 'past its time to go',
      worker: { ...READY, state: 'draining', killAtMs: 11_000 },
      nowMs: 11_000,
      verdict: 'overdue',
    },
    {
      name: 'booting slowly',
      worker: { ...READY, state: 'booting', turnedAtMs: 0 },
      nowMs: 10_000,
      verdict: 'fine',
    },
    {
      name: 'booting for too long',
      worker: { ...READY, state: 'booting' },
      nowMs: 10_001,
      verdict: 'boot-timeout',
    },
  ] as const)('$name: $verdict', ({ worker, nowMs, verdict }) => {
    expect(judgeAt(nowMs).judge(worker, nowMs)).toBe(verdict)
  })

  it('never judges silence with timeout 0', () => {
    expect(judgeAt(60_000, { ...SETTINGS, timeoutSeconds: 0 }).judge(READY, 60_000)).toBe('fine')
  })

  it('does not hold its own sleep against the workers', () => {
    const liveness = judgeAt(10_000)
    liveness.turned(60_000)
    expect(liveness.judge(READY, 60_000)).toBe('fine')
    expect(liveness.judge(READY, 62_001)).toBe('blocked')
  })

  it('counts a short sleep of its own against a short timeout as well', () => {
    const liveness = judgeAt(10_000, { ...SETTINGS, timeoutSeconds: 1 })
    liveness.turned(11_400)
    expect(liveness.judge(READY, 11_400)).toBe('fine')
  })

  describe('a silent worker that got no core', () => {
    /** Silent from 10 s on; from 11.2 s, when it is first looked at, it waits for a core for this share of the time. */
    const verdictAt = (nowMs: number, share: number) => {
      const liveness = judgeAt(10_000)
      let runQueueMs = 500
      const worker = { ...READY, runQueueMs: () => runQueueMs }
      let verdict = ''
      for (let turn = 11_200; turn <= nowMs; turn += 100) {
        runQueueMs = 500 + (turn - 11_200) * share
        verdict = liveness.judge(worker, turn)
      }
      return verdict
    }

    it.each([
      { share: 0, lastFineMs: 12_000 },
      { share: 0.5, lastFineMs: 12_800 },
      // Another timeout at most.
      { share: 1, lastFineMs: 14_000 },
    ])('$share of the time: is fine until $lastFineMs', ({ share, lastFineMs }) => {
      expect(verdictAt(lastFineMs, share)).toBe('fine')
      expect(verdictAt(lastFineMs + 100, share)).toBe('blocked')
    })
  })
})
