import type { ComparisonDocument } from '../result/comparison.js'
import { renderComparisonMarkdown } from './comparison/markdown.js'
import { renderComparisonTerminal } from './comparison/terminal.js'
import { renderComparisonHtml } from './html/comparison.js'
import { renderComparisonJunit } from './junit/comparison.js'
import type { ReportFormat } from './render.js'
import type { TerminalOptions } from './terminal/paper.js'

/** A comparison in the format asked for, with a line feed at its end. */
export function renderComparison(
  document: ComparisonDocument,
  format: ReportFormat,
  terminal: TerminalOptions,
): string {
  switch (format) {
    case 'terminal':
      return renderComparisonTerminal(document, terminal)
    case 'markdown':
      return renderComparisonMarkdown(document)
    case 'html':
      return renderComparisonHtml(document)
    case 'junit':
      return renderComparisonJunit(document)
    case 'json':
      return `${JSON.stringify(document, null, 2)}\n`
  }
}
