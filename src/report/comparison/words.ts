import type { Estimate } from '../../result/analysis.js'
import type { Budget, BudgetOutcome } from '../../result/budget.js'
import { FEWEST_BLOCKS, type ComparedSubject, type ComparisonDocument } from '../../result/comparison.js'
import { METRICS, type Metric } from '../../result/metric.js'
import {
  formatBytes,
  formatDuration,
  formatChangeInterval,
  formatEffect,
  formatLatency,
  formatPercent,
  formatRate,
  formatShare,
  formatSmallShare,
  NO_FIGURE,
} from '../format.js'
import { hostInWords, plural } from '../sentences.js'
import { VERDICT_WORDS, verdictWord } from '../verdicts.js'

/** A figure of a metric with its unit. */
export function formatMetric(metric: Metric, value: number | null): string {
  if (value === null) return NO_FIGURE
  const { unit } = METRICS[metric]
  if (unit === 'us') return formatLatency(value)
  if (unit === 'bytes') return formatBytes(value)
  return unit === 'rps' ? `${formatRate(value)} req/s` : formatSmallShare(value)
}

export function formatEstimate(metric: Metric, estimate: Estimate | null): string {
  return formatMetric(metric, estimate?.value ?? null)
}

/** `+5.1 % (+3.0 % to +7.2 %)`. */
export function changeOf({ effect }: ComparedSubject['metrics'][number]): string {
  if (effect === null) return NO_FIGURE
  return formatChangeInterval(effect) === '' ? `${formatEffect(effect)} (no interval)` : formatEffect(effect)
}

/** What a metric shows in a table; `margin` is that of the comparison, where no A/A pair sets one. */
export function metricVerdict(
  { verdict, effect, noise }: ComparedSubject['metrics'][number],
  { margin }: Pick<ComparisonDocument, 'margin'>,
): string {
  return verdictWord(verdict, effect, noise ?? { margin, floor: null })
}

/** The configuration and its load; of several that two results have in common, the one that is recommended is named as such. */
export function subjectTitle(
  { workload, server, configuration, connections, main }: ComparedSubject,
  { run }: Pick<ComparisonDocument, 'run'>,
): string {
  const load =
    connections.base === connections.head
      ? `${connections.head} ${plural(connections.head, 'client')}`
      : `${connections.base} and ${connections.head} clients`
  const place = `${hostInWords({ server, configuration })} at ${load}`
  return `${workload === null ? '' : `${workload}: `}${place}${main && run === undefined ? ' (the answer)' : ''}`
}

/** The answer in one line, from what the head recommends; worst news first. */
export function comparisonHeadline({ subjects, base, head, run, budgets }: ComparisonDocument): string {
  const mains = subjects.filter(({ main }) => main)
  const metrics = (mains.length === 0 ? subjects : mains).flatMap((subject) => subject.metrics)
  const told = (['worse', 'better'] as const).flatMap((verdict) => {
    const titles = new Set(
      metrics.filter((one) => one.verdict === verdict).map(({ metric }) => METRICS[metric].title),
    )
    return titles.size === 0 ? [] : [`${VERDICT_WORDS[verdict]} in ${[...titles].join(', ')}`]
  })
  const between = `${head.name} against ${base.name}`
  if (run !== undefined && run.unusable.length > 0) return `${between}: nothing can be concluded`
  if (run?.status === 'interrupted')
    return `${between}: interrupted${told.length > 0 ? `; so far ${told.join('; ')}` : ''}`
  if (told.length > 0) return `${between}: ${told.join('; ')}`
  if (metrics.every(({ effect }) => effect === null)) return `${between}: ${nothingCompared(budgets)}`
  const all = metrics.every(({ verdict }) => verdict === 'equivalent')
  return `${between}: ${all ? 'equivalent in everything that was compared' : 'no difference that is certain'}`
}

function nothingCompared(budgets: readonly BudgetOutcome[]): string {
  const why = budgets.find(({ observed, note }) => observed === null && note !== undefined)?.note
  return `nothing could be compared${why === undefined ? '' : `, ${why}`}`
}

/** What the budgets say together: `Passed: 2 of 2 budgets kept`. */
export function gateLine({ budgets, gate }: ComparisonDocument): string | null {
  if (budgets.length === 0) return null
  const count = (outcome: BudgetOutcome['outcome']): number =>
    budgets.filter((one) => one.outcome === outcome).length
  const parts = [
    `${count('pass')} of ${budgets.length} ${plural(budgets.length, 'budget')} kept`,
    ...(count('fail') > 0 ? [`${count('fail')} broken`] : []),
    ...(count('inconclusive') > 0 ? [`${count('inconclusive')} not decided`] : []),
  ]
  return `${{ pass: 'Passed', fail: 'Failed', inconclusive: 'Inconclusive' }[gate]}: ${parts.join(', ')}`
}

/** Everything that speaks against the figures or limits them. */
export function mindSentences(document: ComparisonDocument): string[] {
  const { caveats, run } = document
  const interrupted =
    run?.status === 'interrupted' ? ['The run was interrupted: these are the figures known by then'] : []
  return [
    ...(run?.unusable ?? []),
    ...interrupted,
    ...[moreTimeSentence(document), detectableSentence(document)].filter((text) => text !== null),
    ...caveats,
  ]
}

/** The main subjects first, then as measured. */
export function orderSubjects({ subjects }: ComparisonDocument): ComparedSubject[] {
  return subjects.toSorted((a, b) => Number(b.main) - Number(a.main))
}

/** For tables, which have a column for it. */
export const OUTCOME_WORDS: Record<BudgetOutcome['outcome'], string> = {
  pass: 'kept',
  fail: 'broken',
  inconclusive: 'not decided',
}

const OUTCOMES: Record<BudgetOutcome['outcome'], string> = {
  pass: '[OK]',
  fail: '[!!]',
  inconclusive: '[??]',
}

/** A limit as it was written; whether it only warns is said in words. */
export function budgetText({ expression }: Budget): string {
  return expression.replace(/^\s*(?:warn|error)\s*:\s*/i, '')
}

/** What was seen of it, with the interval and, where it is not decided, the reason. */
export function budgetFinding(outcome: BudgetOutcome): string {
  const { observed, low, high, note } = outcome
  const seen = observed === null ? 'nothing was measured' : observedWords(outcome, observed, low, high)
  return `${seen}${note === undefined ? whyUndecided(outcome) : `; ${note}`}`
}

/**
 * `[!!] rps vs baseline >= -5%: -12 % (-14 % to -10 %), async-2x1000 at 64 clients`; without the place where a report has only one.
 */
export function budgetLine(outcome: BudgetOutcome, onlyPlace = false): string {
  const place = onlyPlace ? '' : `, ${outcome.subject}`
  const level = outcome.level === 'warn' ? ' (only warns)' : ''
  return `${OUTCOMES[outcome.outcome]} ${budgetText(outcome)}: ${budgetFinding(outcome)}${place}${level}`
}

/** Whether all budgets are about the one configuration that was compared. */
export function hasOnePlace({ subjects, budgets }: ComparisonDocument): boolean {
  return subjects.length === 1 && new Set(budgets.map(({ subject }) => subject)).size === 1
}

function whyUndecided({ outcome, low }: BudgetOutcome): string {
  if (outcome !== 'inconclusive') return ''
  return low === null ? '; too few trials for an interval' : '; the limit lies within the interval'
}

function observedWords(budget: Budget, value: number, low: number | null, high: number | null): string {
  const format = (figure: number): string =>
    budget.againstBaseline ? formatPercent(figure) : formatMetric(budget.metric, figure)
  return low === null || high === null
    ? format(value)
    : `${format(value)} (${format(low)} to ${format(high)})`
}

/**
 * How the budgets were decided where several are on changes: the table's verdicts stand each for itself, so the two may differ.
 * `null` where one at most is.
 */
function togetherSentence({ budgets }: ComparisonDocument): string | null {
  const family = budgets.filter(({ againstBaseline, low }) => againstBaseline && low !== null).length
  return family < 2
    ? null
    : `The ${family} budgets on changes are decided together (Holm's correction: with more of them, each takes a surer sign to be broken); each verdict of the table stands for itself.`
}

/** What was measured, what counts as a difference, and how several budgets were decided. */
export function footnotes(document: ComparisonDocument): string[] {
  const together = togetherSentence(document)
  return [
    `${measuredSentence(document)}.`,
    marginSentence(document),
    ...(together === null ? [] : [together]),
  ]
}

/** The same as one paragraph. */
export function footnote(document: ComparisonDocument): string {
  return footnotes(document).join(' ')
}

/** What counts as a difference. */
function marginSentence({ margin, run, subjects }: ComparisonDocument): string {
  const least = formatShare(margin)
  if (run === undefined) return `Differences below ${least} count as none; intervals are 95 %, unpaired.`
  const raised = subjects
    .flatMap(({ metrics }) => metrics)
    .filter(({ noise }) => noise !== undefined && noise.margin > margin)
    .map(({ metric, noise }) => `${formatShare(noise?.margin ?? margin)} for ${METRICS[metric].title}`)
  const floor =
    raised.length === 0 ? '' : `, or below what the base differs from itself here: ${raised.join(', ')}`
  return `Differences below ${least} count as none${floor}. Intervals are 95 %, of pairs within blocks.`
}

function measuredSentence({ subjects, run }: ComparisonDocument): string {
  if (run === undefined)
    return `${subjects.length} ${plural(subjects.length, 'configuration')} measured by both`
  const { blocks, windowSeconds, durationSeconds } = run
  const turns = `${blocks} ${plural(blocks, 'block')} of base, head and the base once more, ${Number(windowSeconds.toFixed(2))} s each, in random order`
  return `${turns}; ${formatDuration(durationSeconds)} in all`
}

/** How small a change of each metric this run could have shown. */
function detectableSentence({ subjects, run }: ComparisonDocument): string | null {
  if (run === undefined) return null
  const told = subjects
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ metric, noise }) => {
      const effect = noise?.minimumDetectableEffect ?? null
      return effect === null ? [] : [`${METRICS[metric].title} ${formatShare(effect)}`]
    })
  return told.length === 0
    ? null
    : `Smallest change that this run shows with a chance of 80 %: ${told.join(', ')}.`
}

const LEAST_TIME_ADVISED_SECONDS = 30

type VersionsRun = NonNullable<ComparisonDocument['run']>

function tooShortSentence(run: VersionsRun, startedAt: string): string {
  const seconds = run.blocks === 0 ? 0 : secondsPerBlock(run, startedAt) * FEWEST_BLOCKS
  const time = Math.max(LEAST_TIME_ADVISED_SECONDS, Math.ceil(seconds / 10) * 10)
  return `Too few blocks to decide, ${run.blocks} of at least ${FEWEST_BLOCKS}: --time ${time}s.`
}

/** `--time` begins with the first trial: what starting and warming the servers took comes before it. */
function secondsPerBlock({ blocks, durationSeconds, trials }: VersionsRun, startedAt: string): number {
  const beforeMs = Date.parse(trials[0]?.startedAt ?? startedAt) - Date.parse(startedAt)
  return (durationSeconds - beforeMs / 1000) / blocks
}

/** More blocks than this are no advice. */
const MOST_BLOCKS_ADVISED = 400

/**
 * How much more time would probably decide what is open: an interval narrows with the root of the number of blocks, so one that is h wide
 * on each side and has its limit at a distance d takes (h / d)² times as many.
 */
function moreTimeSentence({ head, run, budgets }: ComparisonDocument): string | null {
  if (run === undefined || run.status === 'interrupted') return null
  const undecided = budgets.filter(({ outcome }) => outcome === 'inconclusive')
  const open = undecided.filter(({ low }) => low !== null)
  if (undecided.length > 0 && run.blocks < FEWEST_BLOCKS) return tooShortSentence(run, head.startedAt)
  if (run.blocks === 0 || open.length === 0) return null
  const family = budgets.filter(({ againstBaseline, low }) => againstBaseline && low !== null).length
  const blocks = Math.max(
    run.blocks + 1,
    ...open.map((one) =>
      Math.ceil(run.blocks * narrowing(one) ** 2 * (looksBroken(one) ? wideningBy(family) : 1)),
    ),
  )
  if (blocks > MOST_BLOCKS_ADVISED) {
    return 'More of the same would hardly decide it: use a quieter machine, or a wider limit.'
  }
  const seconds = secondsPerBlock(run, head.startedAt) * blocks
  return `About ${blocks} blocks in all would probably decide it: --time ${Math.ceil(seconds / 10) * 10}s.`
}

/** How many times narrower an interval has to be to leave its limit outside. */
function narrowing({ observed, low, high, limit, againstBaseline }: BudgetOutcome): number {
  const scale = againstBaseline ? Math.log1p : (value: number): number => value
  const halfWidth = (scale(high ?? 0) - scale(low ?? 0)) / 2
  return halfWidth / Math.abs(scale(observed ?? 0) - scale(limit))
}

function looksBroken({ operator, observed, limit }: BudgetOutcome): boolean {
  return operator.startsWith('>') ? (observed ?? limit) < limit : (observed ?? limit) > limit
}

/** To be broken among several budgets takes more certainty: the square of a normal quantile grows by about 2 ln m when its tail is divided by m. */
function wideningBy(family: number): number {
  return 1 + (2 * Math.log(Math.max(1, family))) / 1.96 ** 2
}

/** `main, commit 0123456789ab, src/server.ts`. */
export function sideWords({ name, app, revision }: ComparisonDocument['base']): string {
  const commit = revision === undefined ? '' : `, commit ${revision.slice(0, 12)}`
  return `${name}${commit}${app === null ? '' : `, ${app}`}`
}
