import type { RateDocument } from '../result/rate-document.js'
import { renderRateHtml } from './html/rate.js'
import { renderRateMarkdown } from './markdown/rate.js'
import { renderRateTerminal } from './terminal/rate.js'

export const RATE_FORMATS = ['terminal', 'markdown', 'html', 'json'] as const
export type RateFormat = (typeof RATE_FORMATS)[number]

/** The renderings that the folder of such a run holds, by file name. */
export function rateFiles(document: RateDocument): [name: string, text: string][] {
  return [
    ['report.md', renderRateMarkdown(document)],
    ['report.html', renderRateHtml(document)],
  ]
}

/** One document in the format asked for, with a line feed at its end. */
export function renderRate(document: RateDocument, format: RateFormat): string {
  switch (format) {
    case 'terminal':
      return renderRateTerminal(document, null)
    case 'markdown':
      return renderRateMarkdown(document)
    case 'html':
      return renderRateHtml(document)
    case 'json':
      return `${JSON.stringify(document, null, 2)}\n`
  }
}
