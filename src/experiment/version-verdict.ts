import type { Verdict } from '../result/analysis.js'
import type { MetricComparison } from '../result/comparison.js'
import { METRICS, type Metric } from '../result/metric.js'
import type { Trial } from '../result/trial.js'
import { compare } from './compare.js'
import { inCommonBlocks, pairedRatios, samplesOf } from './metrics.js'
import { assessNoise } from './noise.js'
import { estimateOver } from './statistics.js'

/** Trials of two versions that took turns, and of the base once more under a server of its own. */
export interface VersionTrials {
  base: readonly Trial[]
  head: readonly Trial[]
  again: readonly Trial[]
}

/**
 * What became of one metric from base to head: paired by block, with a margin that is never below what the base differed from itself.
 */
export function compareMetric(
  metric: Exclude<Metric, 'errors.rate'>,
  { base, head, again }: VersionTrials,
  userMargin: number,
): MetricComparison {
  const ratios = pairedRatios(metric, head, base)
  const noise = assessNoise(pairedRatios(metric, again, base), ratios, userMargin)
  const comparison = compare(ratios, noise.margin)
  return {
    metric,
    base: estimateOver(samplesOf(metric, inCommonBlocks(base, head))),
    head: estimateOver(samplesOf(metric, inCommonBlocks(head, base))),
    effect: comparison?.effect ?? null,
    verdict: comparison === null ? 'inconclusive' : forMetric(metric, comparison.verdict),
    noise,
    blocksToDecide: comparison?.blocksToDecide ?? null,
  }
}

/** More is better for throughput alone. */
function forMetric(metric: Metric, verdict: Verdict): Verdict {
  if (METRICS[metric].favourable === 'more') return verdict
  if (verdict === 'better') return 'worse'
  return verdict === 'worse' ? 'better' : verdict
}
