import type { ComparedSubject, ComparisonDocument, MetricComparison } from '../../result/comparison.js'
import { METRICS } from '../../result/metric.js'
import {
  details,
  escapeMarkdown,
  htmlComment,
  joinBlocks,
  markdownTable,
  type MarkdownColumn,
} from '../markdown/syntax.js'
import { VERDICT_WORDS } from '../sentences.js'
import {
  budgetLine,
  changeOf,
  comparisonHeadline,
  formatEstimate,
  marginSentence,
  measuredSentence,
  orderSubjects,
  subjectTitle,
} from './words.js'

const COLUMNS: MarkdownColumn<MetricComparison>[] = [
  { head: 'metric', align: 'left', cell: ({ metric }) => METRICS[metric].title },
  { head: 'base', align: 'right', cell: ({ metric, base }) => formatEstimate(metric, base) },
  { head: 'head', align: 'right', cell: ({ metric, head }) => formatEstimate(metric, head) },
  { head: 'change (95 %)', align: 'right', cell: changeOf },
  { head: 'verdict', align: 'left', cell: ({ verdict }) => VERDICT_WORDS[verdict] },
]

/** The comparison as Markdown: the answer's table in sight, all others folded. */
export function renderComparisonMarkdown(document: ComparisonDocument): string {
  const ordered = orderSubjects(document)
  const [first] = ordered
  const shown = ordered.filter((subject) => subject.main || subject === first)
  const folded = ordered.filter((subject) => !shown.includes(subject))
  const { tool, schemaVersion, base, head } = document
  return joinBlocks([
    [htmlComment(`${tool.name} ${tool.version}, schema ${schemaVersion}, compare ${base.name} ${head.name}`)],
    [`## ${escapeMarkdown(comparisonHeadline(document))}`],
    budgetBlock(document),
    ...shown.map((subject) => [`### ${escapeMarkdown(subjectTitle(subject))}`, '', ...table(subject)]),
    [escapeMarkdown(`${measuredSentence(document)}. ${marginSentence(document)}`)],
    ['### Mind', '', ...document.caveats.map((text) => `- ${escapeMarkdown(text)}`)],
    ...folded.map((subject) => details(subjectTitle(subject), table(subject))),
  ])
}

function budgetBlock({ budgets }: ComparisonDocument): string[] {
  if (budgets.length === 0) return []
  const lines = budgets.map(
    (one) => `- ${escapeMarkdown(budgetLine(one))}${one.level === 'warn' ? ' (warning)' : ''}`,
  )
  return ['### Budgets', '', ...lines]
}

function table({ metrics }: ComparedSubject): string[] {
  return markdownTable(COLUMNS, metrics)
}
