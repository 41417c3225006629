import type { ResultDocument } from '../result/document.js'
import { renderHtml } from './html/render.js'
import { renderJunit } from './junit/render.js'
import { renderAnalyzeMarkdown } from './markdown/analyze.js'
import { renderBenchMarkdown } from './markdown/bench.js'
import { renderAnalyzeTerminal } from './terminal/analyze.js'
import { renderBenchTerminal } from './terminal/bench.js'
import type { TerminalOptions } from './terminal/paper.js'

export const REPORT_FORMATS = ['terminal', 'markdown', 'html', 'json', 'junit'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** The renderings that every report folder holds, by file name. */
export function reportFiles(document: ResultDocument): [name: string, text: string][] {
  return [
    ['report.md', renderMarkdown(document)],
    ['report.html', renderHtml(document)],
    ['junit.xml', renderJunit(document)],
  ]
}

/** One document in the format asked for, with a line feed at its end. `terminal` is used by that format alone. */
export function renderResult(
  document: ResultDocument,
  format: ReportFormat,
  terminal: TerminalOptions,
): string {
  switch (format) {
    case 'terminal':
      return renderTerminal(document, terminal)
    case 'markdown':
      return renderMarkdown(document)
    case 'html':
      return renderHtml(document)
    case 'junit':
      return renderJunit(document)
    case 'json':
      return `${JSON.stringify(document, null, 2)}\n`
  }
}

function renderTerminal(document: ResultDocument, options: TerminalOptions): string {
  return document.command === 'analyze'
    ? renderAnalyzeTerminal(document, options)
    : renderBenchTerminal(document, options)
}

function renderMarkdown(document: ResultDocument): string {
  return document.command === 'analyze' ? renderAnalyzeMarkdown(document) : renderBenchMarkdown(document)
}
