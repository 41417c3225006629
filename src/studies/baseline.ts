import type { ComparisonDocument } from '../result/comparison.js'
import type { ResultDocument } from '../result/document.js'
import { EXIT, TuneError } from '../result/error.js'
import type { Machine } from '../result/machine.js'
import { readResult } from '../result/read.js'
import type { RequestSpec } from '../result/request.js'
import { refuseOtherQuestion } from './comparable.js'
import { compareResults } from './compare.js'

/** Differences below this are not worth a word. */
const MARGIN = 0.03

type MachineKey = 'platform' | 'cpuModel' | 'effectiveCpus' | 'memoryLimitBytes' | 'nodeVersion'
const MUST_AGREE: readonly MachineKey[] = [
  'platform',
  'cpuModel',
  'effectiveCpus',
  'memoryLimitBytes',
  'nodeVersion',
]

/**
 * The earlier result that a new one is to be compared with, refused before anything is measured.
 * @throws TuneError (usage) when it cannot be read, answers another question, or was measured on another machine or Node
 */
export async function readBaseline(
  path: string,
  here: { command: ResultDocument['command']; request: RequestSpec; machine: Machine },
): Promise<ResultDocument> {
  const base = await readResult(path)
  refuseOtherQuestion(base, here)
  const changed = MUST_AGREE.filter((key) => base.machine[key] !== here.machine[key]).map(
    (key) => `${key} was ${base.machine[key]} and is ${here.machine[key]}`,
  )
  if (changed.length === 0) return base
  throw new TuneError(`The baseline ${path} was measured elsewhere: ${changed.join('; ')}`, {
    code: 'TUNE_E_BASELINE',
    exit: EXIT.usage,
    suggestions: [
      'Measure the baseline again, here and with this Node',
      'Or compare the two results afterwards, with tune compare --other-machine, and blame nothing on the app',
    ],
  })
}

/** What has changed since the baseline, in every configuration that both have measured under the same load. */
export function againstBaseline(
  base: ResultDocument,
  head: ResultDocument,
  toolVersion: string,
): ComparisonDocument {
  return compareResults(base, head, { toolVersion, margin: MARGIN, budgets: [], otherMachine: false })
}
