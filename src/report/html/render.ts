import type { ResultDocument } from '../../result/document.js'
import { analyzePage } from './analyze.js'
import { benchPage } from './bench.js'
import { renderPage } from './page.js'

/** report.html: one file without outside resources, for light and dark, screen and paper. */
export function renderHtml(document: ResultDocument): string {
  return renderPage(document.command === 'analyze' ? analyzePage(document) : benchPage(document))
}
