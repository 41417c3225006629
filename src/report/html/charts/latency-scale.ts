import { scaleLinear, scaleLog } from 'd3-scale'
import { latencyUnit } from '../../format.js'

/** From this spread on a linear axis would press all curves but one onto its floor. */
const LOG_FROM = 8

/** A vertical axis of latencies; logarithmic where they spread widely. */
export interface LatencyScale {
  /** With `, logarithmic` where it is. */
  unit: string
  at: (us: number) => number
  ticks: { us: number; label: string }[]
}

/** `range` holds the pixels of the lowest and of the highest figure; from a spread of `logFrom` on the axis is logarithmic. */
export function latencyScale(
  figuresUs: readonly number[],
  range: [number, number],
  logFrom = LOG_FROM,
): LatencyScale {
  const low = Math.max(1, Math.min(...figuresUs))
  const high = Math.max(low, ...figuresUs)
  const unit = latencyUnit([high])
  const logarithmic = high / low > logFrom
  const ticks = logarithmic ? logTicks(low, high) : []
  const [first = low, last = high] = [ticks[0], ticks.at(-1)]
  const scale = logarithmic ? scaleLog([first, last], range) : scaleLinear([0, high], range).nice(5)
  const values = logarithmic ? ticks : scale.ticks(5)
  const inUnit = (us: number): string => String(Number((unit.name === 'ms' ? us / 1000 : us).toPrecision(3)))
  return {
    unit: logarithmic ? `${unit.name}, logarithmic` : unit.name,
    at: (us) => scale(us),
    ticks: values.map((us) => ({ us, label: inUnit(us) })),
  }
}

/** 1, 2, 5, 10 and so on (powers of ten alone where there are many) from just below the lowest figure to just above the highest. */
function logTicks(low: number, high: number): number[] {
  const steps = high / low > 1000 ? [1] : [1, 2, 5]
  const first = Math.floor(Math.log10(low))
  const decades = Math.ceil(Math.log10(high)) - first + 1
  const all = Array.from({ length: decades }, (_, index) => 10 ** (first + index)).flatMap((power) =>
    steps.map((step) => step * power),
  )
  const from = all.findLastIndex((tick) => tick <= low)
  const to = all.findIndex((tick) => tick >= high)
  return all.slice(Math.max(0, from), to + 1)
}
