import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { VALIDITY_REASON_IDS, judgeTrial } from '../../../src/experiment/validity.js'
import type { RequestTally } from '../../../src/result/trial.js'
import { outcome, server } from '../../helpers/trials.js'

const TEN = { connections: 10 }
const tally = (overrides: Partial<RequestTally>): RequestTally => ({
  sent: 1010,
  done: 1000,
  non2xx: 0,
  errors: 0,
  timeouts: 0,
  lost: 0,
  inFlight: 10,
  ...overrides,
})
const ids = (...args: Parameters<typeof judgeTrial>) => judgeTrial(...args).reasons.map(({ id }) => id)

describe('judgeTrial', () => {
  it('believes a healthy trial, with and without server counters', () => {
    expect(judgeTrial(outcome(), server(), TEN)).toEqual({ ok: true, reasons: [] })
    expect(judgeTrial(outcome(), null, TEN).ok).toBe(true)
  })

  it.each([
    ['account', { requests: tally({ sent: 1011 }) }],
    ['errors', { requests: tally({ sent: 1012, errors: 2 }) }],
    ['timeouts', { requests: tally({ sent: 1012, errors: 2, timeouts: 2 }) }],
    ['lost', { requests: tally({ sent: 1012, lost: 2 }) }],
    ['non-2xx', { requests: tally({ non2xx: 1000 }), statusCounts: { 404: 1000 } }],
    ['littles-law', { littleRatio: 0.9 }],
    ['littles-law', { littleRatio: 145 }],
    ['generator-saturated', { generatorCpu: 0.95 }],
    ['too-few-requests', { requests: tally({ sent: 9, done: 4, inFlight: 5 }), littleRatio: 0.4 }],
    ['no-responses', { requests: tally({ sent: 10, done: 0 }), littleRatio: null }],
  ])('%s', (id, spoiled) => {
    const { ok, reasons } = judgeTrial(outcome(spoiled), server(), TEN)
    expect(ok).toBe(false)
    expect(reasons.map((reason) => reason.id)).toEqual([id])
    expect(reasons[0]!.message).not.toBe('')
  })

  it('tolerates one failure in a thousand, not more', () => {
    expect(ids(outcome({ requests: tally({ sent: 1011, errors: 1 }) }), null, TEN)).toEqual([])
    expect(ids(outcome({ requests: tally({ sent: 61, done: 50, errors: 1 }) }), null, TEN)).toEqual([
      'errors',
    ])
  })

  it("grants Little's law one generation of requests at the edges of a short window", () => {
    const few = { requests: tally({ sent: 60, done: 50 }), littleRatio: 0.8 }
    expect(ids(outcome(few), null, TEN)).toEqual([])
    expect(ids(outcome({ ...few, littleRatio: 0.7 }), null, TEN)).toEqual(['littles-law'])
  })

  it('names the statuses and the first error that it saw', () => {
    const failing = outcome({
      requests: tally({ sent: 1020, errors: 10, non2xx: 900 }),
      statusCounts: { 200: 100, 500: 900 },
      errorSamples: ['ECONNREFUSED'],
    })
    const text = judgeTrial(failing, null, TEN).reasons.map(({ message }) => message)
    expect(text).toEqual([
      '10 of 1020 requests failed: ECONNREFUSED',
      '900 of 1000 requests answered with a status other than 2xx (500)',
    ])
  })

  it('documents every reason, and no other', () => {
    const text = readFileSync(new URL('../../../docs/validity.md', import.meta.url), 'utf8')
    const documented = [...text.matchAll(/^\| `([a-z0-9-]+)` *\|/gm)].map(([, id]) => id)
    expect(documented).toEqual([...VALIDITY_REASON_IDS])
  })

  it('does not believe a trial in which a worker was replaced', () => {
    expect(ids(outcome(), server({ restarts: 1 }), TEN)).toEqual(['worker-restart'])
  })
})
