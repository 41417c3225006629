import { comparisonFiles } from '../report/comparison/files.js'
import { renderComparisonTerminal } from '../report/comparison/terminal.js'
import type { TerminalOptions } from '../report/terminal/paper.js'
import type { ResultDocument } from '../result/document.js'
import type { ResultStore } from '../result/store.js'
import { againstBaseline } from './baseline.js'

/** The rest of what a comparison may leave is for builds, and some of it has the name of a file of the run itself. */
const KEPT = 'comparison.'

/** Writes the comparison beside the result, and gives it as terminal text. */
export async function reportChange(
  base: ResultDocument,
  head: ResultDocument,
  { toolVersion, terminal }: { toolVersion: string; terminal: TerminalOptions },
  store: Pick<ResultStore, 'writeFile'>,
): Promise<string> {
  const document = againstBaseline(base, head, toolVersion)
  for (const [name, text] of comparisonFiles(document)) {
    if (name.startsWith(KEPT)) await store.writeFile(name, text)
  }
  return `\nAgainst the baseline\n\n${renderComparisonTerminal(document, terminal).trimEnd()}`
}
