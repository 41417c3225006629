import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VALIDITY_WARNING_IDS } from '../../../src/experiment/disturbances.js'
import { VALIDITY_REASON_IDS, judgeTrial } from '../../../src/experiment/validity.js'
import type { EnvironmentOutcome, RequestTally } from '../../../src/result/trial.js'
import { outcome, server } from '../../helpers/trials.js'

const TEN = { connections: 10, environment: null }
const tally = (overrides: Partial<RequestTally>): RequestTally => ({
  sent: 1000,
  done: 1000,
  non2xx: 0,
  errors: 0,
  timeouts: 0,
  lost: 0,
  inFlight: 0,
  ...overrides,
})
const ids = (...args: Parameters<typeof judgeTrial>) => judgeTrial(...args).reasons.map(({ id }) => id)

describe('judgeTrial', () => {
  it('believes a healthy trial, with and without server counters', () => {
    expect(judgeTrial(outcome(), server(), TEN)).toEqual({ ok: true, reasons: [], warnings: [] })
    expect(judgeTrial(outcome(), null, TEN).ok).toBe(true)
  })

  it.each([
    ['account', { requests: tally({ sent: 1001 }) }],
    ['errors', { requests: tally({ sent: 1002, errors: 2 }) }],
    ['timeouts', { requests: tally({ sent: 1002, errors: 2, timeouts: 2 }) }],
    ['lost', { requests: tally({ sent: 1002, lost: 2 }) }],
    ['non-2xx', { requests: tally({ non2xx: 1000 }), statusCounts: { 404: 1000 } }],
    ['unexpected-answers', { requests: tally({ unexpected: 2 }) }],
    ['littles-law', { littleRatio: 0.9 }],
    ['littles-law', { littleRatio: 145 }],
    ['unfinished', { requests: tally({ sent: 1001, inFlight: 1 }) }],
    ['not-steady', { slices: [50, 60, 70, 80, 90, 100, 110, 120, 130, 140] }],
    ['generator-saturated', { generatorCpu: 0.95 }],
    ['too-few-requests', { requests: tally({ sent: 4, done: 4 }), littleRatio: 0.4 }],
    ['no-responses', { requests: tally({ sent: 10, done: 0, inFlight: 10 }), littleRatio: null }],
  ])('%s', (id, spoiled) => {
    const { ok, reasons } = judgeTrial(outcome(spoiled), server(), TEN)
    expect(ok).toBe(false)
    expect(reasons.map((reason) => reason.id)).toEqual([id])
    expect(reasons[0]!.message).not.toBe('')
  })

  it('does not blame the figures where clients were away: requests failed or hung, or workers died', () => {
    const law = { littleRatio: 2.9 }
    expect(ids(outcome({ ...law, requests: tally({ sent: 1100, errors: 100 }) }), server(), TEN)).toEqual([
      'errors',
    ])
    expect(ids(outcome({ ...law, requests: tally({ sent: 1010, inFlight: 10 }) }), server(), TEN)).toEqual([
      'unfinished',
    ])
    expect(ids(outcome(law), server({ restarts: 1 }), TEN)).toEqual(['worker-restart'])
  })

  it('tolerates one failure in a thousand, not more', () => {
    expect(ids(outcome({ requests: tally({ sent: 1001, errors: 1 }) }), null, TEN)).toEqual([])
    expect(ids(outcome({ requests: tally({ sent: 51, done: 50, errors: 1 }) }), null, TEN)).toEqual([
      'errors',
    ])
  })

  it("grants Little's law no allowance for a short window: shares of requests make it exact", () => {
    const few = { requests: tally({ sent: 50, done: 50 }) }
    expect(ids(outcome({ ...few, littleRatio: 0.96 }), null, TEN)).toEqual([])
    expect(ids(outcome({ ...few, littleRatio: 0.9 }), null, TEN)).toEqual(['littles-law'])
  })

  it("blames the generator where opening connections broke Little's law", () => {
    const [few] = judgeTrial(outcome({ littleRatio: 0.8, connects: 1000 }), null, TEN).reasons
    expect(few).toMatchObject({ id: 'littles-law', limit: 0.15 })
    expect(few?.message).toContain('opening new ones kept the generator')
    const [kept] = judgeTrial(outcome({ littleRatio: 0.8 }), null, TEN).reasons
    expect(kept?.message).toContain('one of the figures is wrong')
  })

  it('lets one connection of many hang, as long as it is one request in a thousand', () => {
    const stuck = (inFlight: number) =>
      outcome({ requests: tally({ sent: 100_000 + inFlight, done: 100_000, inFlight }) })
    const hundred = { connections: 100, environment: null }
    expect(ids(stuck(5), null, hundred)).toEqual([])
    expect(ids(stuck(6), null, hundred)).toEqual(['unfinished'])
  })

  it('takes noise for noise: no trend without certainty', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 10, maxLength: 10 }), (slices) => {
        const mixed = [...slices, ...slices.toReversed()]
        expect(ids(outcome({ slices: mixed }), null, TEN)).toEqual([])
      }),
    )
  })

  it.each([
    ['ports-exhausted', 'connect EADDRNOTAVAIL 127.0.0.1:80 - Local (127.0.0.1:0)'],
    ['descriptor-limit', 'connect EMFILE 127.0.0.1:80 - Local (undefined:undefined)'],
  ])('%s: a limit of the client, from its errors', (id, text) => {
    const failing = outcome({ requests: tally({ sent: 1020, errors: 20 }), errorSamples: ['reset', text] })
    expect(ids(failing, null, TEN)).toEqual([id, 'errors'])
  })

  it('names the statuses and the first error that it saw', () => {
    const failing = outcome({
      requests: tally({ sent: 1010, errors: 10, non2xx: 900 }),
      statusCounts: { 200: 100, 500: 900 },
      errorSamples: ['ECONNREFUSED'],
    })
    const text = judgeTrial(failing, null, TEN).reasons.map(({ message }) => message)
    expect(text).toEqual([
      '10 of 1010 requests failed: ECONNREFUSED',
      '900 of 1000 requests answered with a status other than 2xx (500)',
    ])
  })

  it('documents every reason and every warning, and no other', () => {
    const text = readFileSync(new URL('../../../docs/validity.md', import.meta.url), 'utf8')
    const documented = [...text.matchAll(/^\| `([a-z0-9-]+)` *\|/gm)].map(([, id]) => id)
    expect(documented).toEqual([...VALIDITY_REASON_IDS, ...VALIDITY_WARNING_IDS])
  })

  it('does not believe a trial in which a worker was replaced', () => {
    expect(ids(outcome(), server({ restarts: 1 }), TEN)).toEqual(['worker-restart'])
  })

  const quiet: EnvironmentOutcome = {
    stealShare: 0,
    busyCores: 2,
    foreignCores: 0.05,
    throttledShare: 0,
    cpuPressure: 0.9,
    memoryPressure: 0,
    listenDrops: 0,
  }
  it.each([
    ['cpu-steal', { stealShare: 0.05 }],
    ['busy-neighbours', { foreignCores: 0.7 }],
    ['cpu-throttled', { throttledShare: 1 }],
    ['memory-pressure', { memoryPressure: 0.2 }],
    ['listen-drops', { listenDrops: 3 }],
  ])('warns of %s, and believes the trial', (id, spoiled) => {
    const judged = judgeTrial(outcome(), server(), { ...TEN, environment: { ...quiet, ...spoiled } })
    expect(judged.ok).toBe(true)
    expect(judged.warnings.map((one) => one.id)).toEqual([id])
    expect(judged.warnings[0]!.observed).toBeGreaterThan(judged.warnings[0]!.limit)
  })

  it('blames neighbours, where there are any, for a throughput that changes', () => {
    const rising = outcome({ slices: [50, 60, 70, 80, 90, 100, 110, 120, 130, 140] })
    const beside = (foreignCores: number) =>
      judgeTrial(rising, server(), { ...TEN, environment: { ...quiet, foreignCores } })
    expect(beside(0.1)).toMatchObject({ ok: false, reasons: [{ id: 'not-steady' }] })
    expect(beside(1)).toMatchObject({ ok: true, warnings: [{ id: 'busy-neighbours' }, { id: 'unsteady' }] })
  })

  it('says nothing about an environment that is quiet or unknown', () => {
    expect(judgeTrial(outcome(), server(), { ...TEN, environment: quiet }).warnings).toEqual([])
    const unknown = {
      ...quiet,
      stealShare: null,
      foreignCores: null,
      throttledShare: null,
      listenDrops: null,
    }
    expect(judgeTrial(outcome(), server(), { ...TEN, environment: unknown }).warnings).toEqual([])
  })

  it('warns of uneven workers, a delayed generator and a pause', () => {
    const warned = (...[out, srv]: [ReturnType<typeof outcome>, ReturnType<typeof server>]) =>
      judgeTrial(out, srv, TEN).warnings.map((one) => one.id)
    expect(warned(outcome(), server({ requestsPerWorker: [900, 50, 50] }))).toEqual(['uneven-workers'])
    expect(warned(outcome(), server({ requestsPerWorker: [9, 1, 1] }))).toEqual([])
    expect(warned(outcome({ generatorDelayMs: { mean: 2, max: 9 } }), server())).toEqual([
      'generator-delayed',
    ])
    // Of a mean latency of 10 ms.
    const opening = (connects: number, connectMeanUs: number) =>
      warned(outcome({ connects, connectMeanUs }), server())
    expect(opening(1000, 510)).toEqual(['slow-connects'])
    expect(opening(1000, 490)).toEqual([])
    expect(opening(100, 510)).toEqual([])
    const slices = [100, 100, 100, 100, 3, 100, 100, 100, 100, 100]
    expect(warned(outcome({ slices }), server())).toEqual(['paused'])
  })
})
