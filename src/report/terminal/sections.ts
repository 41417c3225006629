import type { Finding } from '../../result/analysis.js'
import type { ResultDocument } from '../../result/document.js'
import { partialFigures, type Partial } from '../partial.js'
import { formatRate, NO_FIGURE } from '../format.js'
import { invalidReasons, reliabilityFacts } from '../reliability.js'
import { reproduceCommand } from '../reproduce.js'
import { limitsOfValidity } from '../sentences.js'
import type { Paper, TerminalOptions, Tint } from './paper.js'
import { renderTable, type Column } from './table.js'

// Parts that every terminal report ends with. Each is a list of lines; empty when there is nothing to say.

const MARKS: Record<Finding['level'], { mark: string; tint: Tint }> = {
  warn: { mark: '[!!]', tint: 'warn' },
  ok: { mark: '[OK]', tint: 'good' },
  info: { mark: '[--]', tint: 'faint' },
}
const LEVELS: readonly Finding['level'][] = ['warn', 'ok', 'info']

/** Problems first; each with what was observed, the rule and what to do. */
export function findingLines(findings: readonly Finding[], paper: Paper): string[] {
  if (findings.length === 0) return []
  const ordered = findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
  const lines = ordered.flatMap((finding) => {
    const { mark, tint } = MARKS[finding.level]
    // What does not apply takes a line, not a paragraph; report.md has the whole.
    if (finding.level === 'info')
      return paper.item(`${mark} `, `${finding.id}  ${finding.title}. ${finding.advice}`)
    const [first = '', ...more] = paper.item(
      `${mark} `,
      `${finding.id}  ${finding.title} (${finding.evidence})`,
    )
    return [
      `${paper.tint(tint, mark)}${first.slice(mark.length)}`,
      ...more,
      ...paper.item('', `observed: ${finding.observed}; rule: ${finding.rule}`, 5),
      ...(finding.advice === '' ? [] : paper.item(paper.text('→ '), finding.advice, 5)),
    ]
  })
  return [...paper.heading('Findings'), ...lines]
}

export function reliabilityLines(document: ResultDocument, paper: Paper): string[] {
  return [
    ...paper.heading('Reliability'),
    ...reliabilityFacts(document).flatMap(({ label, text }) => paper.field(`  ${label}`, text)),
    ...invalidReasons(document.trials).flatMap((reason) => paper.item('- ', reason, 4)),
  ]
}

/** Warnings of the run and of the machine, each once. */
export function warningLines({ warnings, machine }: ResultDocument, paper: Paper): string[] {
  const all = [...new Set([...warnings, ...machine.warnings])]
  if (all.length === 0) return []
  return [...paper.heading('Warnings'), ...all.flatMap((warning) => paper.item('- ', warning, 2))]
}

/** Where to read on, how to repeat it, and what the figures hold for. */
export function closingLines(
  document: ResultDocument,
  { folder }: Pick<TerminalOptions, 'folder'>,
  paper: Paper,
): string[] {
  return [
    ...(folder === undefined
      ? []
      : paper.field('Files', `${folder}/ (report.html, report.md, result.json, trials.jsonl)`)),
    ...paper.command('Repeat', reproduceCommand(document)),
    ...paper.field('Limits', limitsOfValidity(document), 'faint'),
  ]
}

/** Before any comparison was made: what the finished trials say by themselves. */
export function partialLines(document: ResultDocument, paper: Paper): string[] {
  const figures = partialFigures(document.trials)
  if (figures.length === 0) return []
  const columns: Column<Partial>[] = [
    { head: 'target', align: 'left', from: 0, rank: 9, cell: ({ target }) => target },
    { head: 'clients', align: 'right', from: 0, rank: 2, cell: ({ connections }) => String(connections) },
    { head: 'trials', align: 'right', from: 0, rank: 1, cell: ({ trials }) => String(trials) },
    {
      head: 'req/s',
      align: 'right',
      from: 0,
      rank: 8,
      cell: ({ throughputRps }) => (throughputRps === null ? NO_FIGURE : formatRate(throughputRps)),
    },
  ]
  return [
    ...paper.heading('Known so far (median of the believed trials)'),
    ...renderTable(columns, figures, paper),
  ]
}

/** Sections with a blank line between them. */
export function joinSections(sections: readonly string[][]): string {
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}
