import { fitUsl, uslPeak, uslThroughput, type UslModel, type UslPoint } from '../result/usl.js'

export interface Bounded {
  value: number
  low: number
  high: number
}

export interface UslFit {
  lambda: Bounded
  sigma: Bounded
  kappa: Bounded
  /**
   * n of the highest throughput, sqrt((1 - sigma) / kappa). `null` when the fit has none; `high` is `null` when some resamples have
   * none. Beyond `to` it is an extrapolation, which `peakMeasured` denies.
   */
  peak: { value: number; low: number; high: number | null } | null
  peakMeasured: boolean
  /** The measured range. The curve is never drawn outside. */
  from: number
  to: number
  /** Six different n with 1 among them: with fewer the parameters hang on single points. */
  wellSupported: boolean
}

const PARAMETERS = 3
const GOOD_DISTINCT = 6
/** Enough for intervals of two digits; the law is a by-product. */
const RESAMPLES = 150

/**
 * The fit with 95 % intervals by a residual bootstrap: relative residuals, widened by sqrt(m / (m - 3)) for the three parameters that were
 * fitted to them, are dealt out anew, and the law is fitted again (Efron & Tibshirani 1993, ch. 9). Asymptotic errors would be symmetric
 * across 0, where sigma and kappa end.
 *
 * @param random uniform on [0, 1); seeded, so that the same data give the same intervals
 */
export function fitUslWithIntervals(points: readonly UslPoint[], random: () => number): UslFit | null {
  const model = fitUsl(points)
  if (model === null) return null
  const used = points.filter(({ n, throughputRps }) => n >= 1 && throughputRps > 0)
  const widened = Math.sqrt(used.length / Math.max(1, used.length - PARAMETERS))
  const residuals = used.map(
    ({ n, throughputRps }) => widened * Math.log(throughputRps / uslThroughput(model, n)),
  )
  const drawn = (): number => residuals[Math.floor(random() * residuals.length)] ?? 0
  const replicates = Array.from({ length: RESAMPLES }, () =>
    fitUsl(
      used.map((point) => ({ ...point, throughputRps: uslThroughput(model, point.n) * Math.exp(drawn()) })),
    ),
  ).filter((one) => one !== null)

  const bounded = (of: (one: UslModel) => number): Bounded => interval(of(model), replicates.map(of))
  const distinct = [...new Set(used.map(({ n }) => n))].sort((x, y) => x - y)
  const [from = 1] = distinct
  const to = distinct.at(-1) ?? from
  const peak = uslPeak(model)
  const peaks = replicates.map((one) => uslPeak(one) ?? Infinity)
  const { low, high } = interval(peak ?? Infinity, peaks)
  return {
    lambda: bounded(({ lambda }) => lambda),
    sigma: bounded(({ sigma }) => sigma),
    kappa: bounded(({ kappa }) => kappa),
    peak: peak === null ? null : { value: peak, low, high: Number.isFinite(high) ? high : null },
    peakMeasured: peak !== null && peak <= to,
    from,
    to,
    wellSupported: distinct.length >= GOOD_DISTINCT && from === 1,
  }
}

/** 2.5 % and 97.5 % of the replicates. */
function interval(value: number, replicates: readonly number[]): Bounded {
  const inOrder = [...replicates].sort((x, y) => x - y)
  const at = (share: number): number => inOrder[Math.round(share * (inOrder.length - 1))] ?? value
  return { value, low: at(0.025), high: at(0.975) }
}
