import type { BudgetOutcome } from '../../result/budget.js'
import type { ComparedSubject, ComparisonDocument, MetricComparison } from '../../result/comparison.js'
import { METRICS } from '../../result/metric.js'
import { reproduceGate } from '../reproduce.js'
import {
  codeBlock,
  details,
  escapeMarkdown,
  htmlComment,
  joinBlocks,
  markdownTable,
  type MarkdownColumn,
} from '../markdown/syntax.js'
import { formatBytes, formatCpus, formatEffect, formatShare, NO_FIGURE } from '../format.js'
import {
  budgetFinding,
  budgetText,
  changeOf,
  comparisonHeadline,
  footnote,
  formatEstimate,
  gateLine,
  hasOnePlace,
  metricVerdict,
  mindSentences,
  orderSubjects,
  OUTCOME_WORDS,
  sideWords,
  subjectTitle,
} from './words.js'

const columnsFor = (document: ComparisonDocument): MarkdownColumn<MetricComparison>[] => [
  { head: 'metric', align: 'left', cell: ({ metric }) => METRICS[metric].title },
  { head: 'base', align: 'right', cell: ({ metric, base }) => formatEstimate(metric, base) },
  { head: 'head', align: 'right', cell: ({ metric, head }) => formatEstimate(metric, head) },
  { head: 'change (95 %)', align: 'right', cell: changeOf },
  { head: 'verdict', align: 'left', cell: (one) => metricVerdict(one, document) },
]

/** The comparison as Markdown: the answer's table in sight, all others folded. */
export function renderComparisonMarkdown(document: ComparisonDocument): string {
  const ordered = orderSubjects(document)
  const [first] = ordered
  const shown = ordered.filter((subject) => subject.main || subject === first)
  const folded = ordered.filter((subject) => !shown.includes(subject))
  const { tool, schemaVersion, command, base, head } = document
  const mind = mindSentences(document)
  return joinBlocks([
    [
      htmlComment(
        `${tool.name} ${tool.version}, schema ${schemaVersion}, ${command} ${base.name} ${head.name}`,
      ),
    ],
    [`## ${escapeMarkdown(comparisonHeadline(document))}`],
    budgetBlock(document),
    ...shown.map((subject) => [
      `### ${escapeMarkdown(subjectTitle(subject, document))}`,
      '',
      ...table(subject, document),
    ]),
    [escapeMarkdown(footnote(document))],
    mind.length === 0 ? [] : ['### Mind', '', ...mind.map((text) => `- ${escapeMarkdown(text)}`)],
    ...runDetails(document),
    ...folded.map((subject) => details(subjectTitle(subject, document), table(subject, document))),
  ])
}

function budgetBlock(document: ComparisonDocument): string[] {
  const gate = gateLine(document)
  if (gate === null) return []
  const columns: MarkdownColumn<BudgetOutcome>[] = [
    { head: 'budget', align: 'left', cell: budgetText },
    { head: 'measured (95 %)', align: 'left', cell: budgetFinding },
    {
      head: 'outcome',
      align: 'left',
      cell: ({ outcome, level }) => `${OUTCOME_WORDS[outcome]}${level === 'warn' ? ' (only warns)' : ''}`,
    },
    ...(hasOnePlace(document)
      ? []
      : [{ head: 'of', align: 'left' as const, cell: ({ subject }: BudgetOutcome) => subject }]),
  ]
  return ['### Budgets', '', escapeMarkdown(gate), '', ...markdownTable(columns, document.budgets)]
}

function table({ metrics }: ComparedSubject, document: ComparisonDocument): string[] {
  return markdownTable(columnsFor(document), metrics)
}

/** How it was measured, for whoever doubts or repeats it. */
function runDetails(document: ComparisonDocument): string[][] {
  const { run, subjects, base, head } = document
  if (run === undefined) return []
  const { machine, request, seed } = run
  const facts = [
    `base: ${sideWords(base)}`,
    `head: ${sideWords(head)}`,
    `request: ${request.method} ${request.path}`,
    `machine: ${formatCpus(machine.effectiveCpus)} CPUs, ${machine.cpuModel}, ${formatBytes(machine.memoryLimitBytes)}, Node ${machine.nodeVersion}`,
    `seed: ${seed}`,
  ]
  const again = reproduceGate(document)
  const itself = subjects.flatMap(({ metrics }) => metrics).filter(({ noise }) => noise !== undefined)
  return [
    details('The base against itself (A/A), and how it was measured', [
      ...markdownTable(NOISE_COLUMNS, itself),
      '',
      ...facts.map((text) => `- ${escapeMarkdown(text)}`),
      ...(again === null ? [] : ['', 'The same again:', '', ...codeBlock('sh', [again])]),
    ]),
  ]
}

const NOISE_COLUMNS: MarkdownColumn<MetricComparison>[] = [
  { head: 'metric', align: 'left', cell: ({ metric }) => METRICS[metric].title },
  {
    head: 'base against itself',
    align: 'right',
    cell: ({ noise }) => (noise?.effect ? formatEffect(noise.effect) : NO_FIGURE),
  },
  {
    head: 'margin',
    align: 'right',
    cell: ({ noise }) => (noise === undefined ? NO_FIGURE : formatShare(noise.margin)),
  },
]
