import type { ComparisonDocument } from '../result/comparison.js'
import { EXIT } from '../result/error.js'

/** What a comparison ends with (docs/exit-codes.md). */
export function comparisonExitCode(
  { gate, run, budgets }: ComparisonDocument,
  onInconclusive: 'pass' | 'fail' | 'warn' | undefined,
): number {
  if (run?.status === 'interrupted') return EXIT.interrupted
  if (gate === 'fail') return EXIT.gateFailed
  const isOpen = gate === 'inconclusive' || (budgets.length === 0 && (run?.unusable.length ?? 0) > 0)
  if (!isOpen) return EXIT.ok
  if (onInconclusive === undefined) return EXIT.inconclusive
  return onInconclusive === 'fail' ? EXIT.gateFailed : EXIT.ok
}
