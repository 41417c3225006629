import type { Compared, CompareWith, Measured } from '../advisor/decide.js'
import type { LargestRate } from '../experiment/rate-search.js'
import { SAME_RATE } from '../result/undecided.js'
import type { Searched } from './analyze-slo.js'

/**
 * The searches in the words of the advisor: the rate in place of the throughput, brackets in place of intervals. What keeps the objective
 * at no rate has the rate 0.
 */
export function weighRates(
  searched: readonly Searched[],
  measured: readonly Measured[],
): { measured: Measured[]; compareWith: CompareWith } {
  const largestOf = new Map(searched.map(({ key, largest }) => [key, largest]))
  const latencyOf = new Map(searched.map((one) => [one.key, latencyAt(one)]))
  const rated = measured.flatMap((one): Measured[] => {
    const largest = largestOf.get(one.key)
    if (largest === undefined) return []
    const met = largest.met ?? 0
    // Of no rate there is no latency, and that of the race is of closed load.
    const latencyUs = latencyOf.get(one.key) ?? { p50: null, p95: null, p99: null }
    return [{ ...one, latencyUs, throughputRps: { value: met, low: met, high: largest.failed } }]
  })
  const compareWith: CompareWith = (reference) =>
    new Map(
      rated.flatMap(({ key }) => {
        const compared = key === reference ? null : compareRates(largestOf.get(key), largestOf.get(reference))
        return compared === null ? [] : [[key, compared] as const]
      }),
    )
  return { measured: rated, compareWith }
}

/** Latency of the rate that is answered, not of the race, where every client waited for the others. */
function latencyAt({ largest, probes }: Searched): Measured['latencyUs'] | null {
  const last = probes.findLast(({ met, ratePerSecond }) => met && ratePerSecond === largest.met)
  if (last === undefined) return null
  const { p50, p95, p99 } = last.outcome.latencyUs
  return { p50, p95, p99 }
}

function compareRates(a: LargestRate | undefined, b: LargestRate | undefined): Compared | null {
  const [mine, other] = [a?.met ?? 0, b?.met ?? 0]
  if (mine === 0 && other === 0) return null
  const [low, high] = bounds(
    { met: mine, failed: a?.failed ?? null },
    { met: other, failed: b?.failed ?? null },
  )
  const effect = { ratio: ratio(mine, other) ?? low ?? 1, low, high, blocks: 1 }
  return {
    effect: { ...effect, ratio: Math.max(effect.ratio, 1e-3) },
    // Of a target that one carries and the other does not, no ratio is known, but who is better.
    verdict: other === 0 ? 'better' : mine === 0 ? 'worse' : verdictOf(low, high),
    blocksToDecide: null,
  }
}

type Kept = LargestRate & { met: number }

/** `null` where nobody knows how much more the one in the denominator, or the numerator, would carry. */
function bounds(a: Kept, b: Kept): [number | null, number | null] {
  // Of a target that both carry, no more was asked.
  if (a.failed === null && b.failed === null && a.met === b.met) return [1, 1]
  return [
    b.failed === null ? null : ratio(a.met, b.failed),
    a.failed === null ? null : ratio(a.failed, b.met),
  ]
}

function ratio(a: number, b: number): number | null {
  return b === 0 ? null : a / b
}

function verdictOf(low: number | null, high: number | null): Compared['verdict'] {
  if (low !== null && low > SAME_RATE) return 'better'
  if (high !== null && high < 1 / SAME_RATE) return 'worse'
  return low !== null && high !== null && low > 1 / SAME_RATE && high < SAME_RATE
    ? 'equivalent'
    : 'inconclusive'
}
