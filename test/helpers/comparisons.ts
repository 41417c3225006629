import type { ComparisonDocument } from '../../src/result/comparison.js'
import { HOSTILE } from './documents.js'
import { simulatedVersions } from './versions.js'

const BUDGETS = [
  'rps vs baseline >= -5%',
  'latency.p99 < 250ms',
  'errors.rate < 0.1%',
  'warn: memory.pss < 1m',
]

export const passedComparison = async (): Promise<ComparisonDocument> =>
  (await simulatedVersions({ budgets: BUDGETS })).document
export const failedComparison = async (): Promise<ComparisonDocument> =>
  (await simulatedVersions({ ratio: 0.85, budgets: BUDGETS })).document
export const openComparison = async (): Promise<ComparisonDocument> =>
  (await simulatedVersions({ noise: 0.3, seconds: 15, budgets: BUDGETS })).document

/** Every string that a branch, an app, a header or an error can bring is hostile, and one of them is 1 MB long. */
export async function hostileComparison(): Promise<ComparisonDocument> {
  const document = await failedComparison()
  const { run } = document
  if (run === undefined) throw new Error('versions are measured together')
  const long = 'x'.repeat(1_000_000)
  const doubt = { id: HOSTILE, message: HOSTILE, observed: 1, limit: 0 }
  return {
    ...document,
    base: { ...document.base, name: HOSTILE, app: HOSTILE, revision: HOSTILE },
    head: { ...document.head, name: `${HOSTILE}${long}`, app: long },
    caveats: [HOSTILE, long, '/close', '::error::x'],
    budgets: document.budgets.map((one) => ({ ...one, expression: HOSTILE, subject: HOSTILE, note: long })),
    subjects: document.subjects.map((one) => ({ ...one, workload: HOSTILE })),
    run: {
      ...run,
      name: HOSTILE,
      unusable: [HOSTILE],
      machine: { ...run.machine, cpuModel: HOSTILE },
      request: { method: 'GET', path: HOSTILE, headers: { 'x-note': HOSTILE }, body: long },
      trials: run.trials.map((one) => ({
        ...one,
        target: HOSTILE,
        errorSamples: [HOSTILE],
        validity: { ok: false, reasons: [doubt], warnings: [doubt] },
      })),
    },
  }
}
