import type { Verdict } from '../../result/analysis.js'
import type { ComparedSubject, ComparisonDocument, MetricComparison } from '../../result/comparison.js'
import { METRICS } from '../../result/metric.js'
import { formatChange } from '../format.js'
import { createPaper, type Paper, type TerminalOptions, type Tint } from '../terminal/paper.js'
import { joinSections } from '../terminal/sections.js'
import { renderTable, type Column } from '../terminal/table.js'
import {
  budgetLine,
  changeOf,
  comparisonHeadline,
  footnote,
  formatEstimate,
  gateLine,
  hasOnePlace,
  metricVerdict,
  mindSentences,
  orderSubjects,
  subjectTitle,
} from './words.js'

const TINTS: Record<Verdict, Tint> = {
  better: 'good',
  worse: 'bad',
  equivalent: 'plain',
  inconclusive: 'warn',
}

const WHOLE_CHANGE = 60

const columnsFor = (document: ComparisonDocument, width: number): Column<MetricComparison>[] => [
  { head: 'metric', align: 'left', from: 0, rank: 9, cell: ({ metric }) => METRICS[metric].title },
  {
    head: 'base',
    align: 'right',
    from: 60,
    rank: 4,
    cell: ({ metric, base }) => formatEstimate(metric, base),
  },
  {
    head: 'head',
    align: 'right',
    from: 60,
    rank: 5,
    cell: ({ metric, head }) => formatEstimate(metric, head),
  },
  {
    head: 'change',
    align: 'right',
    from: 0,
    rank: 7,
    // The change itself is what stays where the interval has no room.
    cell: (one) =>
      width < WHOLE_CHANGE && one.effect !== null ? formatChange(one.effect.ratio) : changeOf(one),
  },
  {
    head: 'verdict',
    align: 'left',
    from: 0,
    rank: 8,
    cell: (one) => metricVerdict(one, document),
    tint: ({ verdict }) => TINTS[verdict],
  },
]

/** The comparison for a terminal: the answer, budgets, then a table for every configuration. */
export function renderComparisonTerminal(
  document: ComparisonDocument,
  options: TerminalOptions & { folder?: string | undefined },
): string {
  const paper = createPaper(options)
  const gate = gateLine(document)
  const mind = mindSentences(document)
  return joinSections([
    paper.heading(comparisonHeadline(document)),
    budgetLines(document, gate, paper),
    ...orderSubjects(document).map((subject) => subjectLines(subject, document, paper)),
    paper.item('', footnote(document)),
    mind.length === 0 ? [] : [...paper.heading('Mind'), ...mind.flatMap((text) => paper.item('- ', text, 2))],
    options.folder === undefined ? [] : paper.item('', `Report: ${options.folder}`),
  ])
}

function budgetLines(document: ComparisonDocument, gate: string | null, paper: Paper): string[] {
  if (gate === null) return []
  return [
    ...paper.heading('Budgets'),
    ...paper.item('', gate, 2),
    ...document.budgets.flatMap((one) => paper.item('', budgetLine(one, hasOnePlace(document)), 2)),
  ]
}

function subjectLines(subject: ComparedSubject, document: ComparisonDocument, paper: Paper): string[] {
  return [
    ...paper.heading(subjectTitle(subject, document)),
    ...renderTable(columnsFor(document, paper.width), subject.metrics, paper),
  ]
}
