import { renderComparisonMarkdown } from '../report/comparison/markdown.js'
import { budgetAnnotations } from '../report/github/annotations.js'
import { fitMarkdown, SUMMARY_LIMIT_BYTES } from '../report/github/fit.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { appendText } from '../result/files.js'

/**
 * Adds the report to the summary of the job and annotates its budgets. Annotations go to stderr, where GitHub reads them too, so that
 * stdout stays what was asked for.
 */
export async function reportToGithub(document: ComparisonDocument, summaryPath: string): Promise<void> {
  for (const line of budgetAnnotations(document.budgets)) process.stderr.write(`${line}\n`)
  await appendText(summaryPath, fitMarkdown(renderComparisonMarkdown(document), SUMMARY_LIMIT_BYTES))
}
