import type { Budget, BudgetOutcome } from '../result/budget.js'

/** A figure with its 95 % interval; for a budget against the baseline it is a change as a share. */
export interface BudgetFigure {
  value: number
  low: number | null
  high: number | null
}

/**
 * Decides a budget on the bounds of the interval: it passes when even the unfavourable bound keeps the limit, and fails when even the
 * favourable one breaks it. Without an interval nothing can be decided; without any figure it fails, so that a budget whose data
 * went away is noticed.
 */
export function evaluateBudget(budget: Budget, subject: string, figure: BudgetFigure | null): BudgetOutcome {
  const { value: observed = null, low = null, high = null } = figure ?? {}
  return { ...budget, subject, observed, low, high, outcome: decide(budget, observed, low, high) }
}

function decide(
  { operator, limit }: Budget,
  observed: number | null,
  low: number | null,
  high: number | null,
): BudgetOutcome['outcome'] {
  if (observed === null) return 'fail'
  if (low === null || high === null) return 'inconclusive'
  const keeps = {
    '<': (value: number) => value < limit,
    '<=': (value: number) => value <= limit,
    '>': (value: number) => value > limit,
    '>=': (value: number) => value >= limit,
  }[operator]
  const [kept, other] = [keeps(low), keeps(high)]
  if (kept && other) return 'pass'
  return kept || other ? 'inconclusive' : 'fail'
}

/** What a gate says of all budgets together; those of level `warn` never fail it. */
export function gateOf(outcomes: readonly BudgetOutcome[]): BudgetOutcome['outcome'] {
  const binding = outcomes.filter(({ level }) => level === 'error')
  if (binding.some(({ outcome }) => outcome === 'fail')) return 'fail'
  return binding.some(({ outcome }) => outcome === 'inconclusive') ? 'inconclusive' : 'pass'
}

/**
 * Share of failures with Wilson's 95 % score interval, which holds for few failures and for none (E. B. Wilson, JASA 22, 1927).
 * `null` without any request.
 */
export function failureShare(failures: number, requests: number): BudgetFigure | null {
  if (requests === 0) return null
  const z = 1.959964
  const share = Math.min(1, failures / requests)
  const center = share + z ** 2 / (2 * requests)
  const half = z * Math.sqrt((share * (1 - share)) / requests + z ** 2 / (4 * requests ** 2))
  const scale = 1 + z ** 2 / requests
  const low = failures === 0 ? 0 : Math.max(0, (center - half) / scale)
  return { value: share, low, high: Math.min(1, (center + half) / scale) }
}
