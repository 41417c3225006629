import { describe, expect, it } from 'vitest'
import { VALIDITY_REASON_IDS } from '../../../src/experiment/validity.js'
import { ADVICE, judgeRun } from '../../../src/result/usable.js'
import { outcome, server, trial } from '../../helpers/trials.js'

const good = (id: number) => trial({ id })
const slow = (id: number) => trial({ id, generatorCpu: 0.95 })
const failing = (id: number) => trial({ id, ...outcome({ littleRatio: 0.5 }) })

describe('judgeRun', () => {
  it('accepts a run of which half may be believed, and one without trials', () => {
    expect(judgeRun([])).toBeNull()
    expect(judgeRun([good(0), slow(1)])).toBeNull()
  })

  it('refuses a run of which most may not, and says what to change, most frequent first', () => {
    const judged = judgeRun([good(0), good(1), failing(2), slow(3), slow(4)])
    expect(judged).toMatchObject({ trials: 5, invalid: 3, reasons: ['generator-saturated', 'littles-law'] })
    expect(judged?.advice[0]).toMatch(/more cores/)
  })

  it('takes the death of workers for the cause of whatever else went wrong', () => {
    const dying = (id: number) =>
      trial({
        id,
        ...outcome({ requests: { ...outcome().requests, sent: 1100, errors: 100 } }),
        server: server({ restarts: 2 }),
      })
    expect(dying(0).validity.reasons.map((reason) => reason.id)).toEqual(['errors', 'worker-restart'])
    expect(judgeRun([dying(0), dying(1)])?.reasons).toEqual(['worker-restart'])
  })

  it('does not blame the request where most of its answers are good', () => {
    const some = (failed: number) =>
      trial({
        ...outcome({
          requests: { ...outcome().requests, non2xx: failed },
          statusCounts: { 200: 1000 - failed, 500: failed },
        }),
      })
    expect(judgeRun([some(10), some(12)])?.advice).toEqual([
      'Look at the answers that fail, in the log of the app or by hand: 22 of 2000 had a status other than 2xx (500), 1.1 % where 0.1 % is tolerated',
    ])
    expect(judgeRun([some(1000)])?.advice[0]).toMatch(/^Name a request that answers 2xx/)
  })

  it('does not count trials outside of blocks: a probe at one connection is compared with nothing', () => {
    expect(
      judgeRun([good(0), trial({ block: null, generatorCpu: 1 }), trial({ block: null, generatorCpu: 1 })]),
    ).toBeNull()
  })

  it('has advice for every reason, and for nothing else', () => {
    expect(Object.keys(ADVICE).toSorted()).toEqual([...VALIDITY_REASON_IDS].toSorted())
  })
})
