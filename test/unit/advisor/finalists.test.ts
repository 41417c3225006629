import { describe, expect, it } from 'vitest'
import { decide, type Compared, type Measured } from '../../../src/advisor/decide.js'
import { chooseFinalists } from '../../../src/advisor/finalists.js'
import { policyFor, type Policy } from '../../../src/advisor/policy.js'
import { compareFamily } from '../../../src/experiment/compare.js'
import { PLAIN_QUESTION } from '../../../src/result/question.js'
import { configurationKey } from '../../../src/result/configuration.js'

const PLAIN = policyFor(PLAIN_QUESTION)
const STEPS = [-1, 1, 0.2]

/** Three blocks each: ln X around a level by workers, with a spread. 5 workers are the control. */
const finalists = (
  levels: Record<number, number | null>,
  spread = 0.03,
  { controls = ['sync-5'], policy = PLAIN }: { controls?: string[]; policy?: Policy } = {},
): string[] => {
  const entries = Object.entries(levels).map(([count, level]) => {
    const configuration = {
      workerClass: 'sync',
      workers: Number(count),
      threads: 1,
      workerConnections: 1000,
    } as const
    return { key: configurationKey(configuration), configuration, level }
  })
  const measured = entries.map(({ key, configuration, level }): Measured => ({
    ...{ key, configuration, proposedBy: ['test'], connections: 32, control: controls.includes(key) },
    throughputRps: level === null ? null : { value: 100 * Math.exp(level), low: null, high: null },
    latencyUs: { p50: 1000, p95: 2000, p99: 3000 },
    ...{ pssBytes: null, validTrials: level === null ? 0 : 3, invalidReasons: [] },
  }))
  const compareWith = (reference: string): ReadonlyMap<string, Compared> => {
    const base = entries.find(({ key }) => key === reference)?.level ?? null
    const others = entries.filter(({ key, level }) => key !== reference && level !== null)
    if (base === null) return new Map()
    return compareFamily(
      new Map(
        others.map(({ key, level }) => [key, STEPS.map((step) => (level ?? 0) - base + step * spread)]),
      ),
      0.03,
    )
  }
  const decision = decide(measured, 'sync-5', compareWith, 0.03, policy)
  return chooseFinalists(measured, decision, compareWith, policy).map(({ key }) => key)
}

describe('chooseFinalists', () => {
  it('takes the best and the cheapest that may be as good', () => {
    expect(finalists({ 5: 0, 8: 0.3, 6: 0.26, 2: -0.5 })).toEqual(['sync-8', 'sync-6'])
  })

  it('takes the cheapest alone where it was as good as the best already', () => {
    expect(finalists({ 5: 0, 8: 0.3, 6: 0.29, 2: -0.5 })).toEqual(['sync-6'])
  })

  it('takes a cheaper one that cannot be told from the control', () => {
    expect(finalists({ 5: 0, 2: -0.005, 8: -0.004 })).toEqual(['sync-2'])
  })

  it('takes the best rival where the control is shown to be best, so that this is confirmed too', () => {
    expect(finalists({ 5: 0, 2: -0.5, 8: -0.3 })).toEqual(['sync-8'])
    expect(finalists({ 5: 0, 2: null })).toEqual([])
  })

  it('takes nobody where the control could not be measured', () => {
    expect(finalists({ 5: null, 2: 0.5 })).toEqual([])
  })

  it('confirms what may be as good as what was asked allows, and is below the best for sure', () => {
    const balanced = policyFor({ ...PLAIN_QUESTION, optimize: 'balanced' })
    const levels = { 5: -0.4, 8: 0, 6: -0.085 }
    expect(finalists(levels, 0.012, { policy: balanced })).toEqual(['sync-8', 'sync-6'])
    expect(finalists(levels, 0.012)).toEqual(['sync-8'])
  })

  it('takes two at most', () => {
    const levels = { 5: 0, 1: 0.3, 2: 0.31, 3: 0.32, 4: 0.33, 8: 0.4 }
    expect(finalists(levels, 0.1)).toEqual(['sync-8', 'sync-1'])
  })

  it('takes the best beside a cheaper one of which three blocks say little', () => {
    expect(finalists({ 5: 0, 6: 0.3, 8: 0.31 }, 0.01)).toEqual(['sync-6'])
    expect(finalists({ 5: 0, 6: 0.3, 8: 0.31 }, 0.1)).toEqual(['sync-8', 'sync-6'])
  })

  it('names no control: it is confirmed anyway', () => {
    expect(finalists({ 5: 0, 8: 0.3, 6: 0.29 }, 0.03, { controls: ['sync-5', 'sync-6'] })).toEqual(['sync-8'])
  })

  it('takes first what the race chooses, though it is not the best', () => {
    const balanced = policyFor({ ...PLAIN_QUESTION, optimize: 'balanced' })
    // 6 workers are 6 % below 8, which is as good here, and cheaper.
    expect(finalists({ 5: -0.36, 8: 0, 6: -0.06 }, 0.005, { policy: balanced })).toEqual(['sync-6'])
    // Nothing beats the rule, but what is cheaper and as good in this sense is not pushed out by the best rival.
    expect(finalists({ 5: 0, 8: -0.01, 2: -0.06 }, 0.005, { policy: balanced })).toEqual(['sync-2'])
  })

  it('does not let a cheaper one push out what the race chooses', () => {
    const memory = policyFor({ ...PLAIN_QUESTION, optimize: 'memory' })
    expect(finalists({ 5: 0, 2: -0.02, 1: -0.22 }, 0.01, { policy: memory })).toEqual(['sync-2', 'sync-1'])
  })

  it('takes what carries a rate, and the cheapest that may', () => {
    const policy = policyFor({ ...PLAIN_QUESTION, targetRps: 76 })
    expect(policy.enoughRps).toBe(95)
    // Of three blocks nothing has an interval of its own throughput here, so what carries has to be far above.
    expect(finalists({ 5: 0, 8: 0.4, 3: 0.38, 2: -0.1, 1: -1 }, 0.01, { policy })).toEqual([
      'sync-3',
      'sync-2',
    ])
  })
})
