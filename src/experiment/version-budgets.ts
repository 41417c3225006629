import type { Effect } from '../result/analysis.js'
import type { Budget, BudgetOutcome } from '../result/budget.js'
import type { Metric } from '../result/metric.js'
import type { Trial } from '../result/trial.js'
import { decideTogether, pKeptOf } from './budget-family.js'
import { evaluateBudget, failureShare, type BudgetFigure } from './budgets.js'
import { toEffect } from './compare.js'
import { failuresOf, pairedRatios, samplesOf } from './metrics.js'
import { estimateOver, meanInterval, pBelow } from './statistics.js'
import type { VersionTrials } from './version-verdict.js'

/** Reasons for which the app is to blame and not the measurement: a version that answers with errors has no figures, and fails. */
const FAULTS_OF_THE_APP = new Set([
  'no-responses',
  'errors',
  'timeouts',
  'lost',
  'unfinished',
  'non-2xx',
  'unexpected-answers',
  'worker-restart',
])

/**
 * Decides a budget on versions that took turns. Changes are paired by block. The same question is put to the base against itself:
 * where even that breaks the limit, the machine breaks it, and nothing is decided.
 */
function decideVersionBudget(budget: Budget, subject: string, trials: VersionTrials): BudgetOutcome {
  const { base, head, again } = trials
  if (!budget.againstBaseline) {
    const outcome = evaluateBudget(budget, subject, figureOf(budget.metric, head))
    return outcome.observed === null ? withoutFigure(outcome, budget.metric, [head]) : outcome
  }
  const outcome = evaluateBudget(budget, subject, changeOf(budget.metric, head, base))
  if (outcome.observed === null) return withoutFigure(outcome, budget.metric, [head, base])
  const itself = evaluateBudget(budget, subject, changeOf(budget.metric, again, base))
  if (outcome.outcome !== 'fail' || itself.outcome !== 'fail' || itself.observed === null) return outcome
  return {
    ...outcome,
    outcome: 'inconclusive',
    note: 'the base breaks it against itself, so this machine cannot decide it',
  }
}

/** Several budgets at once; those on changes must survive each other's company (Holm) to count as broken. */
export function decideVersionBudgets(
  budgets: readonly Budget[],
  subject: string,
  trials: VersionTrials,
): BudgetOutcome[] {
  return decideTogether(
    budgets.map((budget) => ({
      outcome: decideVersionBudget(budget, subject, trials),
      pKept: pKeptByVersions(budget, trials),
    })),
  )
}

function pKeptByVersions(budget: Budget, { base, head }: VersionTrials): number | null {
  const { metric, againstBaseline } = budget
  if (!againstBaseline || metric === 'errors.rate') return null
  const ratios = pairedRatios(metric, head, base)
  if (ratios.length === 0 || meanInterval(ratios).low === null) return null
  return pKeptOf(budget, (bound, mirrored) =>
    pBelow(mirrored ? ratios.map((ratio) => -ratio) : ratios, bound),
  )
}

/** The figure of a metric over trials of one version, with its 95 % interval. `null` where nobody measured it. */
export function figureOf(metric: Metric, trials: readonly Trial[]): BudgetFigure | null {
  if (metric !== 'errors.rate') return estimateOver(samplesOf(metric, trials))
  const { failures, requests } = failuresOf(trials)
  return failureShare(failures, requests)
}

/** An effect as a change: a share, 0 for none. */
export function asChange({ ratio, low, high }: Effect): BudgetFigure {
  const change = (bound: number | null): number | null => (bound === null ? null : bound - 1)
  return { value: ratio - 1, low: change(low), high: change(high) }
}

/** A rate of errors has no change: from nothing to something is no number of per cent. */
function changeOf(metric: Metric, head: readonly Trial[], base: readonly Trial[]): BudgetFigure | null {
  if (metric === 'errors.rate') return null
  const ratios = pairedRatios(metric, head, base)
  return ratios.length === 0 ? null : asChange(toEffect(meanInterval(ratios)))
}

/** Missing data fails, so that it is noticed; but a measurement that was too short or too disturbed is no fault of the app. */
function withoutFigure(
  outcome: BudgetOutcome,
  metric: Metric,
  sides: readonly (readonly Trial[])[],
): BudgetOutcome {
  const spoilt = sides.find((trials) => trials.every(({ validity }) => !validity.ok))
  if (spoilt !== undefined) {
    const reasons = [...new Set(spoilt.flatMap(({ validity }) => validity.reasons.map(({ id }) => id)))]
    const note = `no trial of ${spoilt[0]?.target ?? 'it'} may be believed${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`
    const blamed = reasons.some((id) => FAULTS_OF_THE_APP.has(id))
    return { ...outcome, outcome: blamed ? 'fail' : 'inconclusive', note }
  }
  if (!metric.startsWith('latency.')) return outcome
  const note = `too few requests in each window for ${metric.slice('latency.'.length)}; longer windows carry it`
  return { ...outcome, outcome: 'inconclusive', note }
}
