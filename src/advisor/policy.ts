import { SAFE_UTILIZATION, type Question } from '../result/question.js'
import { compareCost, compareMemory, type Cost } from './cost.js'

/** How candidates are weighed against each other, for what was asked. */
export interface Policy {
  /** What an effect is a ratio of, for sentences. */
  measure: string
  /** Negative when the first is cheaper. */
  compareCost: (a: Cost, b: Cost) => number
  /** A candidate is as good when its interval shows it to be not below by this, as a ratio minus one, … */
  asGoodMargin: (margin: number) => number
  /** … and its estimate is not below by this, however little the machine can tell; … */
  asGoodEstimate: number
  /** … or its interval not by this, whatever the estimate. */
  asGoodShown: number
  /** By this factor a cheaper one must clear all of these against the control: less is known where two of the same configuration differ. */
  asGoodDoubt: (margin: number) => number
  /** What a cheaper configuration may cost, for sentences: `no less`, or `at most 10 % less`. */
  asGoodWords: string
  /** What is compared are rates of open load, of which a bound that is not known may be anything. */
  byRates: boolean
  /** Throughput beyond which more is worth nothing; `null`: more is always better. */
  enoughRps: number | null
}

/**
 * On a noisy machine the margin grows with the A/A floor. "Faster" must then clear all of it, but "as good" may not
 * grow along, or everything would be as good as everything and the cheapest would win unseen.
 */
const WIDEST_AS_GOOD = 0.1
/** An app that collects megabytes a request was a fifth faster or slower from one start to the next, at a floor of 53 to 58 %; others were below 10 %. */
const WIDEST_BELIEVED = 0.25
/** On whatever machine: a difference beyond this is worth a change, so what is shown to differ by less is alike. */
const WORTH_A_CHANGE = 0.03
/** Of an estimate. It has an error and is the highest of several as a rule, so it stops short of what is worth a change. */
export const WORTH_BY_ESTIMATE = 0.02
/** What a balanced answer gives away at most for a cheaper configuration. */
const BALANCED = 0.1
/** The same where memory is what matters. */
const FRUGAL = 0.25

/**
 * The margin is that wide only by the A/A floor: what one configuration may differ from itself by, from one start of its servers to the
 * next. No interval of one start contains that, so what it shows for a change is believed less by as much as goes beyond.
 */
function doubt(margin: number): number {
  return Math.max(1, (1 + margin) / (1 + WIDEST_BELIEVED))
}

export function policyFor({ optimize, slo, targetRps }: Question): Policy {
  const isBalanced = optimize === 'balanced'
  const narrow = (margin: number): number => Math.min(margin, WIDEST_AS_GOOD)
  const asGoodMargin =
    optimize === 'memory' ? () => FRUGAL : isBalanced || slo !== null ? () => BALANCED : narrow
  return {
    measure: measureOf(optimize, slo),
    compareCost: optimize === 'memory' ? compareMemory : compareCost,
    asGoodMargin,
    asGoodEstimate: asGoodMargin(WORTH_BY_ESTIMATE),
    asGoodShown: asGoodMargin(WORTH_A_CHANGE),
    asGoodDoubt: slo === null ? doubt : () => 1,
    asGoodWords:
      optimize === 'memory' ? lessThan(FRUGAL) : isBalanced || slo !== null ? lessThan(BALANCED) : 'no less',
    byRates: slo !== null,
    // Rates of a search are rates that were carried, so no reserve is taken off.
    enoughRps: targetRps === null ? null : targetRps / (slo === null ? SAFE_UTILIZATION : 1),
  }
}

/** The same by closed load, of which a rate is carried at a part only: before the rates are searched, and where they could not be. */
export function byClosedLoad(policy: Policy, { slo, targetRps }: Question): Policy {
  if (slo === null) return policy
  return {
    ...policy,
    byRates: false,
    asGoodDoubt: doubt,
    measure: 'throughput',
    enoughRps: targetRps === null ? null : targetRps / SAFE_UTILIZATION,
  }
}

function measureOf(optimize: Question['optimize'], slo: Question['slo']): string {
  if (slo !== null) return `rate within ${slo.percentile} < ${slo.limitUs / 1000} ms`
  return optimize === 'latency' ? 'speed at p95 under moderate load' : 'throughput'
}

function lessThan(margin: number): string {
  return `at most ${Math.round(100 * (1 - 1 / (1 + margin)))} % less`
}
