import type { ComparisonDocument } from '../result/comparison.js'
import { EXIT } from '../result/error.js'
import type { RateDocument, RateProbe } from '../result/rate-document.js'

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

/**
 * What open load ends with. A missed objective is an answer, not a failure. Inconclusive is one whose generator was late
 * wherever it mattered, and one whose requests mostly failed: the latency of an error page is none.
 */
export function rateExitCode({ status, subjects }: Pick<RateDocument, 'status' | 'subjects'>): number {
  if (status === 'interrupted') return EXIT.interrupted
  return subjects.every(({ probes }) => probes.some(isUsable)) ? EXIT.ok : EXIT.inconclusive
}

function isUsable({ believed, outcome: { requests } }: RateProbe): boolean {
  const { done, non2xx, unexpected = 0, sent } = requests
  return believed && done - non2xx - unexpected > sent / 2
}
