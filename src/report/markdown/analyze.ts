import type { Candidate } from '../../result/analysis.js'
import type { AnalyzeDocument } from '../../result/document.js'
import { formatEffect, formatMib, latencyUnit, NO_FIGURE } from '../format.js'
import {
  certaintySentences,
  confirmationSentences,
  connectionSentences,
  predictionSentences,
  scalabilitySentences,
  sweepPoints,
  whatIfSentences,
} from '../analysis-sentences.js'
import { orderCandidates, topCandidates } from '../order.js'
import {
  againstRule,
  evidence,
  expectation,
  headline,
  inWords,
  limitedBy,
  memorySentence,
  outcomeWords,
  partialSentence,
  workloadClass,
  workloadShares,
  workloadTimes,
} from '../sentences.js'
import { routesBlock } from './routes.js'
import { scalingChart } from './chart.js'
import {
  environmentDetails,
  findingsBlock,
  frontComment,
  methodDetails,
  partialBlock,
  rate,
  reliabilityBlock,
  trialsDetails,
  warningsBlock,
} from './sections.js'
import {
  codeBlock,
  details,
  escapeMarkdown,
  joinBlocks,
  markdownTable,
  type MarkdownColumn,
} from './syntax.js'

/** More rows than this belong into the folded part. */
const TABLE_ROWS = 8

/** report.md of `tune analyze`: verdict, command, why, one table, findings; everything else folded. */
export function renderAnalyzeMarkdown(document: AnalyzeDocument): string {
  const ordered = orderCandidates(document.candidates)
  return joinBlocks([
    frontComment(document),
    [`## ${escapeMarkdown(headline(document))}`],
    document.status === 'interrupted' ? [`**Partial:** ${escapeMarkdown(partialSentence(document))}.`] : [],
    commandBlock(document),
    whyBlock(document),
    ordered.length === 0 ? partialBlock(document) : candidatesBlock(document, ordered),
    connectionsBlock(document),
    scalingChart(document, null),
    listBlock('On another machine', whatIfSentences(document)),
    findingsBlock(document.findings),
    routesBlock(document),
    reliabilityBlock(document),
    warningsBlock(document),
    candidatesDetails(document, ordered),
    modelDetails(document),
    trialsDetails(document),
    environmentDetails(document),
    methodDetails(document),
  ])
}

function commandBlock({ recommendation }: AnalyzeDocument): string[] {
  if (recommendation === null) return []
  const lead = {
    change: 'Run it with:',
    keep: 'Nothing that was measured is better than:',
    inconclusive: 'Until a quieter or longer run can tell:',
  }
  return [lead[recommendation.action], '', ...codeBlock('sh', [recommendation.command])]
}

/** The answer's evidence first, then the nature of the work, then the reasons. */
function whyBlock(document: AnalyzeDocument): string[] {
  const { recommendation, heuristic, workload, memory } = document
  const items: [string, string][] = []
  if (recommendation !== null) {
    items.push(['Expected', `${expectation(recommendation)}; ${evidence(recommendation)}`])
  }
  if (heuristic !== null) {
    items.push(['Against 2N+1', againstRule(heuristic, recommendation?.configuration ?? null)])
  }
  for (const sentence of confirmationSentences(document)) items.push(['Confirmed', sentence])
  for (const reason of recommendation?.reasons ?? []) items.push(['Because', reason])
  if (heuristic !== null) items.push(['Why not 2N+1', heuristic.explanation])
  if (workload !== null) {
    items.push(['Limited by', limitedBy(workload)])
    items.push(['Workload', workloadClass(workload)])
    items.push(['Per request', workloadTimes(workload)])
    items.push(['Shares', workloadShares(workload)])
  }
  if (memory !== null) items.push(['Memory', memorySentence(memory)])
  if (items.length === 0) return []
  return ['### Why', '', ...items.map(([label, text]) => `- **${label}:** ${escapeMarkdown(text)}`)]
}

function connectionsBlock(document: AnalyzeDocument): string[] {
  const { connections } = document
  if (connections === undefined) return []
  const points = sweepPoints(connections)
  return [
    '### Connections',
    '',
    ...connectionSentences(document).map((sentence) => `- ${escapeMarkdown(sentence)}`),
    ...(points.length === 0 ? [] : [`- Clients: ${escapeMarkdown(points.join('; '))}`]),
  ]
}

function listBlock(heading: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return []
  return [`### ${heading}`, '', ...sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`)]
}

function modelDetails(document: AnalyzeDocument): string[] {
  const sentences = [
    ...predictionSentences(document),
    ...scalabilitySentences(document),
    ...certaintySentences(document),
  ]
  if (sentences.length === 0) return []
  return details(
    'The model against the measurement',
    sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`),
  )
}

function candidatesBlock(document: AnalyzeDocument, ordered: readonly Candidate[]): string[] {
  const shown = topCandidates(ordered, TABLE_ROWS)
  return ['### Candidates', '', ...markdownTable(columnsFor(document), shown)]
}

function columnsFor({ candidates, heuristic }: AnalyzeDocument): MarkdownColumn<Candidate>[] {
  const unit = latencyUnit(candidates.flatMap(({ latencyUs }) => [latencyUs.p50, latencyUs.p99]))
  return [
    { head: 'configuration', align: 'left', cell: ({ configuration }) => inWords(configuration) },
    { head: 'clients', align: 'right', cell: ({ connections }) => String(connections) },
    { head: 'req/s', align: 'right', cell: ({ throughputRps }) => rate(throughputRps?.value ?? null) },
    {
      head: 'against the first',
      align: 'right',
      cell: ({ effect }) => (effect === null ? NO_FIGURE : formatEffect(effect)),
    },
    { head: `p50 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p50) },
    { head: `p99 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p99) },
    { head: 'MiB', align: 'right', cell: ({ pssBytes }) => formatMib(pssBytes) },
    { head: 'outcome', align: 'left', cell: (candidate) => outcomeWords(candidate, heuristic) },
  ]
}

/** Every candidate with the formulas that proposed it and why it was not chosen. */
function candidatesDetails(document: AnalyzeDocument, ordered: readonly Candidate[]): string[] {
  if (ordered.length === 0) return []
  const hidden = ordered.length > TABLE_ROWS ? [...markdownTable(columnsFor(document), ordered), ''] : []
  return details(`All candidates (${ordered.length}), where they come from and why not`, [
    ...hidden,
    ...markdownTable(
      [
        { head: 'configuration', align: 'left', cell: ({ configuration }) => inWords(configuration) },
        { head: 'proposed by', align: 'left', cell: ({ proposedBy }) => proposedBy.join('; ') },
        { head: 'note', align: 'left', cell: ({ note }) => (note === '' ? NO_FIGURE : note) },
      ],
      ordered,
    ),
  ])
}
