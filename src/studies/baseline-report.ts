import { comparisonFiles } from '../report/comparison/files.js'
import { renderComparisonTerminal } from '../report/comparison/terminal.js'
import type { TerminalOptions } from '../report/terminal/paper.js'
import type { ResultDocument } from '../result/document.js'
import type { ResultStore } from '../result/store.js'
import { againstBaseline } from './baseline.js'

/** The run itself has one of this name. */
const OF_THE_RUN = 'junit.xml'

/** Writes the comparison beside the result, and gives it as terminal text. */
export async function reportChange(
  base: ResultDocument,
  head: ResultDocument,
  { toolVersion, terminal }: { toolVersion: string; terminal: TerminalOptions },
  store: Pick<ResultStore, 'writeFile'>,
): Promise<string> {
  const document = againstBaseline(base, head, toolVersion)
  for (const [name, text] of comparisonFiles(document)) {
    if (name !== OF_THE_RUN) await store.writeFile(name, text)
  }
  return `\nAgainst the baseline\n\n${renderComparisonTerminal(document, terminal).trimEnd()}`
}
