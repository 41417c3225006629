import type { HeuristicComparison } from '../result/analysis.js'

/** Of it as the rule is, in words of its formula. */
export const RULE = '2N+1'

/** Up to here threads make exactly as many slots. */
const LEAST_ROUNDED = 4

/**
 * `2N+1`, or `2N+1, as far as memory allows (1 of 5)` where fewer workers than it asks for fitted. Threads come in shapes of about as many
 * slots (2 × 2 for 5, but 1 × 3 for 3), which is no cap.
 *
 * @param end what closes the clause, where the sentence goes on
 */
export function ruleName(
  { workers: asked, configuration }: Pick<HeuristicComparison, 'workers' | 'configuration'>,
  end = '',
): string {
  const { workerClass, workers, threads } = configuration
  const slots = workers * threads
  const isRounded = workerClass === 'threaded' && asked >= LEAST_ROUNDED
  const isCapped = slots < (isRounded ? asked - 1 : asked)
  return isCapped ? `${RULE}, as far as memory allows (${slots} of ${asked})${end}` : RULE
}
