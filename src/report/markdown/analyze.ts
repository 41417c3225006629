import type { Candidate, Confirmation, Model } from '../../result/analysis.js'
import type { AnalyzeDocument } from '../../result/document.js'
import { limitedBy } from '../limit.js'
import { serverBytes } from '../../result/memory.js'
import { clientsCell } from '../clients.js'
import { formatEffect, formatMib, formatNumber, latencyUnit, NO_FIGURE } from '../format.js'
import {
  candidateName,
  confirmationSentences,
  connectionSentences,
  constraintSentence,
  doubtSentences,
  measuredFigure,
  modelSentences,
  predictionError,
  predictionsInOrder,
  whatIfSentences,
} from '../analysis-sentences.js'
import { orderCandidates, topCandidates } from '../order.js'
import { questionSentence } from '../question.js'
import { pointNote, sweepView, type SweepPoint } from '../sweep.js'
import {
  againstRule,
  evidence,
  expectation,
  figuresFrom,
  headline,
  keptBecause,
  inWords,
  partialSentence,
  plural,
  ruleLabel,
  workloadClass,
  workloadShares,
  workloadTimes,
} from '../sentences.js'
import { memorySentence } from '../memory-sentence.js'
import { isRejected, outcomeWords, rejection, verdictWord } from '../verdicts.js'
import { routesBlock } from './routes.js'
import { scalingChart } from './chart.js'
import { serverSideDetails } from './server-side.js'
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
import { shownPercentile } from '../shown-percentile.js'

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
    confirmationDetails(document),
    modelDetails(document),
    serverSideDetails(document),
    trialsDetails(document),
    environmentDetails(document),
    methodDetails(document),
  ])
}

function commandBlock(document: AnalyzeDocument): string[] {
  const { recommendation } = document
  if (recommendation === null) return []
  const kept = keptBecause(document)
  const lead = {
    change: 'Run it with:',
    keep: `${kept.charAt(0).toUpperCase()}${kept.slice(1)} than:`,
    inconclusive: 'Until a quieter or longer run can tell:',
  }
  return [lead[recommendation.action], '', ...codeBlock('sh', [recommendation.command])]
}

/** The answer's evidence first, then the nature of the work, then the reasons. */
function whyBlock(document: AnalyzeDocument): string[] {
  const { recommendation, heuristic, workload, memory } = document
  const items: [string, string][] = []
  const question = questionSentence(document)
  if (question !== null) items.push(['Asked for', question])
  if (recommendation !== null) {
    items.push(['Expected', `${expectation(document)}; ${evidence(recommendation)}`])
  }
  if (heuristic !== null) {
    items.push(['Against 2N+1', againstRule(document)])
  }
  for (const sentence of confirmationSentences(document)) items.push(['Confirmed', sentence])
  for (const reason of recommendation?.reasons ?? []) items.push(['Because', reason])
  if (heuristic !== null) items.push([ruleLabel(document), heuristic.explanation])
  if (workload !== null) {
    items.push(['Limited by', limitedBy(workload, document)])
    items.push(['Workload', workloadClass(workload)])
    items.push(['Per request', workloadTimes(workload)])
    items.push(['Shares', workloadShares(workload)])
    for (const one of workload.constraints ?? []) items.push(['Also', constraintSentence(one)])
    for (const text of doubtSentences(workload)) items.push(['Not sure', text])
  }
  if (memory !== null) items.push(['Memory', memorySentence(memory, document.model?.leakBytesPerRequest)])
  if (items.length === 0) return []
  return ['### Why', '', ...items.map(([label, text]) => `- **${label}:** ${escapeMarkdown(text)}`)]
}

function connectionsBlock(document: AnalyzeDocument): string[] {
  const { connections } = document
  if (connections === undefined) return []
  const sentences = connectionSentences(document).map((sentence) => `- ${escapeMarkdown(sentence)}`)
  const view = sweepView(document)
  if (view === null) return ['### Connections', '', ...sentences]
  const { points } = view
  const unit = latencyUnit(points.flatMap(({ meanUs, p99Us }) => [meanUs, p99Us]))
  const columns: MarkdownColumn<SweepPoint>[] = [
    { head: 'clients', align: 'right', cell: (point) => String(point.connections) },
    { head: 'req/s', align: 'right', cell: ({ throughputRps }) => rate(throughputRps) },
    { head: `mean ${unit.name}`, align: 'right', cell: ({ meanUs }) => unit.format(meanUs) },
    { head: `p99 ${unit.name}`, align: 'right', cell: ({ p99Us }) => unit.format(p99Us) },
    { head: 'note', align: 'left', cell: (point) => pointNote(point, view, connections.latencyHoldsTo) },
  ]
  return ['### Connections', '', ...sentences, '', ...markdownTable(columns, points)]
}

type ConfirmedEffect = Confirmation['effects'][number]

/** Several effects side by side; one alone is told in a sentence. */
function confirmationDetails(document: AnalyzeDocument): string[] {
  const { confirmation } = document
  if (confirmation === undefined || confirmation.effects.length === 0) return []
  const columns: MarkdownColumn<ConfirmedEffect>[] = [
    { head: 'configuration', align: 'left', cell: ({ key }) => candidateName(key, document) },
    { head: 'against', align: 'left', cell: ({ against }) => candidateName(against, document) },
    { head: 'confirmed', align: 'right', cell: ({ effect }) => formatEffect(effect) },
    { head: 'blocks', align: 'right', cell: ({ effect }) => String(effect.blocks) },
    {
      head: 'verdict',
      align: 'left',
      cell: ({ verdict, effect }) => verdictWord(verdict, effect, document.noise),
    },
    {
      head: 'in the race',
      align: 'right',
      cell: ({ raceEffect }) => (raceEffect === null ? NO_FIGURE : formatEffect(raceEffect)),
    },
  ]
  return details(
    `Confirmation on fresh servers (${confirmation.blocks} ${plural(confirmation.blocks, 'block')})`,
    [escapeMarkdown(confirmation.note), '', ...markdownTable(columns, confirmation.effects)],
  )
}

function listBlock(heading: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return []
  return [`### ${heading}`, '', ...sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`)]
}

function modelDetails(document: AnalyzeDocument): string[] {
  const predictions = predictionsInOrder(document)
  const sentences = modelSentences(document).map((sentence) => `- ${escapeMarkdown(sentence)}`)
  const certainty = document.model?.certainty ?? []
  const parts = [
    predictions.length === 0 ? [] : markdownTable(PREDICTION_COLUMNS, predictions),
    sentences,
    certainty.length === 0 ? [] : markdownTable(CERTAINTY_COLUMNS, certainty),
  ].filter((lines) => lines.length > 0)
  if (parts.length === 0) return []
  const [first = [], ...others] = parts
  return details('The model against the measurement', [
    ...first,
    ...others.flatMap((lines) => ['', ...lines]),
  ])
}

const PREDICTION_COLUMNS: MarkdownColumn<Model['predictions'][number]>[] = [
  { head: 'figure', align: 'left', cell: ({ what }) => what },
  { head: 'unit', align: 'left', cell: ({ unit }) => unit },
  { head: 'predicted', align: 'right', cell: ({ predicted }) => formatNumber(predicted) },
  { head: 'measured', align: 'right', cell: measuredFigure },
  { head: 'error', align: 'right', cell: predictionError },
]

const CERTAINTY_COLUMNS: MarkdownColumn<Model['certainty'][number]>[] = [
  { head: 'figure', align: 'left', cell: ({ figure }) => figure },
  { head: 'value', align: 'left', cell: ({ value }) => value },
  { head: 'confidence', align: 'left', cell: ({ confidence }) => confidence },
  { head: 'why', align: 'left', cell: ({ why }) => why },
  { head: 'surer with', align: 'left', cell: ({ raise }) => (raise === '' ? NO_FIGURE : raise) },
]

function candidatesBlock(document: AnalyzeDocument, ordered: readonly Candidate[]): string[] {
  const shown = topCandidates(ordered, TABLE_ROWS)
  const whence = figuresFrom(document)
  const note = whence === null ? [] : ['', escapeMarkdown(whence)]
  return ['### Candidates, measured', '', ...markdownTable(columnsFor(document), shown), ...note]
}

function columnsFor(document: AnalyzeDocument): MarkdownColumn<Candidate>[] {
  const shown = shownPercentile(document)
  const unit = latencyUnit(document.candidates.flatMap(({ latencyUs }) => [latencyUs[shown], latencyUs.p99]))
  return [
    { head: 'configuration', align: 'left', cell: ({ configuration }) => inWords(configuration) },
    { head: 'clients', align: 'right', cell: clientsCell },
    { head: 'req/s', align: 'right', cell: ({ throughputRps }) => rate(throughputRps?.value ?? null) },
    {
      head: 'against the first',
      align: 'right',
      cell: ({ effect }) => (effect === null ? NO_FIGURE : formatEffect(effect)),
    },
    { head: `${shown} ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs[shown]) },
    { head: `p99 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p99) },
    { head: 'MiB', align: 'right', cell: (one) => formatMib(serverBytes(one)) },
    { head: 'outcome', align: 'left', cell: (candidate) => outcomeWords(candidate, document) },
  ]
}

/** What the answer needs no reason for, it may still have a note. */
function noteOf(candidate: Candidate, document: AnalyzeDocument): string {
  if (isRejected(candidate)) return rejection(candidate, document)
  return candidate.note === '' ? NO_FIGURE : candidate.note
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
        { head: 'note', align: 'left', cell: (one) => noteOf(one, document) },
      ],
      ordered,
    ),
  ])
}
