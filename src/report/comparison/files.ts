import type { ComparisonDocument } from '../../result/comparison.js'
import { renderComment } from '../github/comment.js'
import { renderMetricsReport } from '../gitlab/metrics.js'
import { renderNote } from '../gitlab/note.js'
import { renderComparisonHtml } from '../html/comparison.js'
import { renderComparisonJunit } from '../junit/comparison.js'
import { renderComparisonMarkdown } from './markdown.js'

/** What a build keeps of a comparison, by file name. */
export function comparisonFiles(document: ComparisonDocument): [name: string, text: string][] {
  const markdown = renderComparisonMarkdown(document)
  return [
    ['comparison.json', `${JSON.stringify(document, null, 2)}\n`],
    ['comparison.md', markdown],
    ['comparison.html', renderComparisonHtml(document)],
    ['comment.md', renderComment(markdown, document.command)],
    ['note.md', renderNote(markdown, document.command)],
    ['metrics.txt', renderMetricsReport(document)],
    ['junit.xml', renderComparisonJunit(document)],
  ]
}
