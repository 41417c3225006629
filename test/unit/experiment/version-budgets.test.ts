import { describe, expect, it } from 'vitest'
import { parseBudget } from '../../../src/config/budget.js'
import { withoutAcceptLuck } from '../../../src/experiment/spread.js'
import { decideVersionBudgets } from '../../../src/experiment/version-budgets.js'
import { compareMetric, type VersionTrials } from '../../../src/experiment/version-verdict.js'
import type { Trial } from '../../../src/result/trial.js'
import { outcome, server, trial } from '../../helpers/trials.js'

const BLOCKS = 10

/** Trials of one version: `rps` by the number of the block. */
function trials(target: string, rps: (block: number) => number, change: Partial<Trial> = {}): Trial[] {
  return Array.from({ length: BLOCKS }, (_, block) =>
    trial({ id: block, block, target, throughputRps: rps(block), ...change }),
  )
}

const wander = (block: number): number => 1000 * (1 + 0.3 * Math.sin(block))
const steady = (ratio: number) => (block: number) => wander(block) * ratio * (1 + 0.004 * ((block % 3) - 1))
const even: VersionTrials = {
  base: trials('base', wander),
  head: trials('head', steady(1)),
  again: trials('base-again', steady(1.002)),
}
const decide = (budget: string, versions: VersionTrials) =>
  decideVersionBudgets([parseBudget(budget)], 'here', versions)[0]!

describe('compareMetric', () => {
  it('pairs by block, so that a machine that wanders by 30 % hides nothing', () => {
    const slower = { ...even, head: trials('head', steady(0.93)) }
    expect(compareMetric('rps', slower, 0.03)).toMatchObject({ metric: 'rps', verdict: 'worse' })
    expect(compareMetric('rps', even, 0.03).verdict).toBe('equivalent')
  })

  it('never takes a margin below what the base differs from itself', () => {
    const uneven = { ...even, head: trials('head', steady(0.93)), again: trials('base-again', steady(0.9)) }
    const { verdict, noise } = compareMetric('rps', uneven, 0.03)
    expect(noise?.margin).toBeGreaterThan(0.1)
    expect(verdict).not.toBe('worse')
  })

  it('calls less time, CPU and memory better', () => {
    const hungry = { ...even, head: trials('head', wander, { server: server({ pssBytes: 90e6 }) }) }
    expect(compareMetric('memory.pss', hungry, 0.03).verdict).toBe('worse')
    const light = {
      ...even,
      head: trials('head', wander, { server: server({ cpuSecondsPerRequest: 0.0005 }) }),
    }
    expect(compareMetric('cpu.per-request', light, 0.03).verdict).toBe('better')
  })
})

describe('withoutAcceptLuck', () => {
  const crowded = (loopUtilization: number): Trial =>
    withoutAcceptLuck(trial({ server: server({ requestsPerWorker: [1000, 0], loopUtilization }) }))

  it('takes no figure from a trial in which one worker served everything and was the limit', () => {
    const { validity } = crowded(0.95)
    expect(validity.ok).toBe(false)
    expect(validity.reasons.map(({ id }) => id)).toEqual(['crowded-worker'])
  })

  it('believes it where the worker had time to spare, or where all had their share', () => {
    expect(crowded(0.4).validity.ok).toBe(true)
    const even = trial({ server: server({ requestsPerWorker: [510, 490], loopUtilization: 0.95 }) })
    expect(withoutAcceptLuck(even)).toEqual(even)
  })
})

describe('decideVersionBudgets', () => {
  it('decides changes on pairs and limits on the head', () => {
    expect(decide('rps vs baseline >= -5%', even).outcome).toBe('pass')
    const slower = { ...even, head: trials('head', steady(0.85)) }
    expect(decide('rps vs baseline >= -5%', slower)).toMatchObject({ outcome: 'fail', subject: 'here' })
    expect(decide('rps vs baseline >= -15%', slower).outcome).toBe('inconclusive')
    expect(decide('rps >= 100', slower).outcome).toBe('pass')
    expect(decide('memory.pss < 1m', slower).outcome).toBe('fail')
    expect(decide('errors.rate < 1%', slower).outcome).toBe('pass')
  })

  it('calls one of many budgets broken only where it is surely so among them', () => {
    // Each block loses 6.3 % in the middle, in a spread that puts the upper bound just below the limit of -5 %.
    const barely = {
      ...even,
      head: trials('head', (block) => wander(block) * (0.937 + 0.021 * ((block % 3) - 1))),
    }
    const one = ['rps vs baseline >= -5%']
    const many = [...one, 'latency.p50 vs baseline <= 5%', 'cpu.per-request vs baseline <= 5%', 'rps >= 100']
    const outcomes = (budgets: string[], versions: VersionTrials) =>
      decideVersionBudgets(
        budgets.map((text) => parseBudget(text)),
        'here',
        versions,
      )
    expect(outcomes(one, barely)[0]).toMatchObject({ outcome: 'fail' })
    const [first, ...others] = outcomes(many, barely)
    expect(first).toMatchObject({ outcome: 'inconclusive' })
    expect(first?.note).toContain('of 3 budgets against the baseline')
    expect(others.map(({ outcome: decided }) => decided)).toEqual(['pass', 'pass', 'pass'])
    const slower = { ...even, head: trials('head', steady(0.85)) }
    expect(outcomes(many, slower)[0]).toMatchObject({ outcome: 'fail' })
  })

  it('decides nothing where the base breaks the limit against itself', () => {
    const slow = { head: trials('head', steady(0.85)), again: trials('base-again', steady(0.8)) }
    const { outcome: decided, note } = decide('rps vs baseline >= -5%', { ...even, ...slow })
    expect(decided).toBe('inconclusive')
    expect(note).toContain('against itself')
  })

  it('fails for want of data that nobody measures', () => {
    const blind = { ...even, head: trials('head', wander, { server: null }) }
    expect(decide('memory.pss < 1g', blind)).toMatchObject({ outcome: 'fail', observed: null })
    expect(decide('memory.pss vs baseline < 5%', blind)).toMatchObject({ outcome: 'fail', observed: null })
  })

  it('blames the app for errors, and the measurement for everything else', () => {
    const { requests } = outcome()
    const failing = { ...even, head: trials('head', wander, { requests: { ...requests, non2xx: 1000 } }) }
    const failed = decide('rps vs baseline >= -5%', failing)
    expect(failed).toMatchObject({ outcome: 'fail', observed: null })
    expect(failed.note).toContain('non-2xx')
    expect(decide('errors.rate < 1%', failing).outcome).toBe('fail')
    const saturated = { ...even, head: trials('head', wander, { generatorCpu: 1 }) }
    expect(decide('rps vs baseline >= -5%', saturated)).toMatchObject({
      outcome: 'inconclusive',
      observed: null,
    })
  })
})
