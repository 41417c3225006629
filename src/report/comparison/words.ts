import type { Estimate } from '../../result/analysis.js'
import type { Budget, BudgetOutcome } from '../../result/budget.js'
import type { ComparedSubject, ComparisonDocument } from '../../result/comparison.js'
import { METRICS, type Metric } from '../../result/metric.js'
import {
  formatBytes,
  formatChangeInterval,
  formatEffect,
  formatLatency,
  formatPercent,
  formatRate,
  formatShare,
  NO_FIGURE,
} from '../format.js'
import { inWords, plural, VERDICT_WORDS } from '../sentences.js'

/** A figure of a metric with its unit. */
export function formatMetric(metric: Metric, value: number | null): string {
  if (value === null) return NO_FIGURE
  const { unit } = METRICS[metric]
  if (unit === 'us') return formatLatency(value)
  if (unit === 'bytes') return formatBytes(value)
  return unit === 'rps' ? `${formatRate(value)} req/s` : formatShare(value)
}

export function formatEstimate(metric: Metric, estimate: Estimate | null): string {
  return formatMetric(metric, estimate?.value ?? null)
}

/** `+5.1 % (+3.0 % to +7.2 %)`. */
export function changeOf({ effect }: ComparedSubject['metrics'][number]): string {
  if (effect === null) return NO_FIGURE
  return formatChangeInterval(effect) === '' ? `${formatEffect(effect)} (no interval)` : formatEffect(effect)
}

export function subjectTitle({ workload, configuration, connections, main }: ComparedSubject): string {
  const load =
    connections.base === connections.head
      ? `${connections.head} clients`
      : `${connections.base} and ${connections.head} clients`
  const place = `${inWords(configuration)} at ${load}`
  return `${workload === null ? '' : `${workload}: `}${place}${main ? ' (the answer)' : ''}`
}

/** The answer in one line, from what the head recommends; worst news first. */
export function comparisonHeadline({ subjects, base, head }: ComparisonDocument): string {
  const mains = subjects.filter(({ main }) => main)
  const metrics = (mains.length === 0 ? subjects : mains).flatMap((subject) => subject.metrics)
  const told = (['worse', 'better'] as const).flatMap((verdict) => {
    const titles = new Set(
      metrics.filter((one) => one.verdict === verdict).map(({ metric }) => METRICS[metric].title),
    )
    return titles.size === 0 ? [] : [`${VERDICT_WORDS[verdict]} in ${[...titles].join(', ')}`]
  })
  const between = `${head.name} against ${base.name}`
  if (told.length > 0) return `${between}: ${told.join('; ')}`
  const all = metrics.every(({ verdict }) => verdict === 'equivalent')
  return `${between}: ${all ? 'equivalent in everything that was compared' : 'no difference that is certain'}`
}

/** The main subjects first, then as measured. */
export function orderSubjects({ subjects }: ComparisonDocument): ComparedSubject[] {
  return subjects.toSorted((a, b) => Number(b.main) - Number(a.main))
}

const OUTCOMES: Record<BudgetOutcome['outcome'], string> = {
  pass: '[OK]',
  fail: '[!!]',
  inconclusive: '[??]',
}

/** `[!!] rps vs baseline >= -5%: -12 % (-14 % to -10 %), async-2x1000 at 64 clients`. */
export function budgetLine(outcome: BudgetOutcome): string {
  const { expression, observed, low, high, subject } = outcome
  const seen = observed === null ? 'nothing was measured' : observedWords(outcome, observed, low, high)
  const why =
    outcome.outcome !== 'inconclusive'
      ? ''
      : low === null
        ? '; too few trials for an interval'
        : '; the limit lies within the interval'
  return `${OUTCOMES[outcome.outcome]} ${expression}: ${seen}${why}, ${subject}`
}

function observedWords(budget: Budget, value: number, low: number | null, high: number | null): string {
  const format = (figure: number): string =>
    budget.againstBaseline ? formatPercent(figure) : formatMetric(budget.metric, figure)
  return low === null || high === null
    ? format(value)
    : `${format(value)} (${format(low)} to ${format(high)})`
}

export function marginSentence({ margin }: ComparisonDocument): string {
  return `Differences below ${formatShare(margin)} count as none; intervals are 95 %, unpaired.`
}

export function measuredSentence({ subjects }: ComparisonDocument): string {
  return `${subjects.length} ${plural(subjects.length, 'configuration')} measured by both`
}
