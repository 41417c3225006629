import { renderComparisonMarkdown } from '../report/comparison/markdown.js'
import { budgetAnnotations } from '../report/github/annotations.js'
import { fitMarkdown, SUMMARY_LIMIT_BYTES } from '../report/github/fit.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { TuneError } from '../result/error.js'
import { appendText } from '../result/files.js'

/**
 * Adds the report to the summary of the job and annotates its budgets. Annotations go to stderr, where GitHub reads them too, so that
 * stdout stays what was asked for. A summary that cannot be written is a warning: the figures are there, and the gate has its answer.
 */
export async function reportToGithub(document: ComparisonDocument, summaryPath: string): Promise<void> {
  for (const line of budgetAnnotations(document.budgets)) process.stderr.write(`${line}\n`)
  try {
    await appendText(summaryPath, fitMarkdown(renderComparisonMarkdown(document), SUMMARY_LIMIT_BYTES))
  } catch (error) {
    if (!(error instanceof TuneError)) throw error
    process.stderr.write(`Warning: the job has no summary: ${error.message} (GITHUB_STEP_SUMMARY)\n`)
  }
}
