import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { ResultDocument } from '../../src/result/document.js'
import type { Trial } from '../../src/result/trial.js'

/** A histogram as a trial leaves it: most requests near the median, one in fifty much slower. Always the same for the same figures. */
export function histogramOf(medianUs: number, count: number): string {
  const histogram = build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 })
  for (let index = 0; index < count; index++) {
    const spread = 0.8 + (0.4 * ((index * 7919) % count)) / count
    const tail = index % 50 === 49 ? 1 + (index % 7) / 3 : 1
    histogram.recordValue(Math.max(1, Math.round(medianUs * spread * tail)))
  }
  return encodeIntoCompressedBase64(histogram)
}

/** The document with histograms that fit the figures of its trials. */
export function withHistograms<Document extends ResultDocument>(document: Document): Document {
  const filled = ({ latencyUs: { p50, count } }: Trial): string => histogramOf(p50 ?? 1000, count)
  return { ...document, trials: document.trials.map((one) => ({ ...one, histogram: filled(one) })) }
}
