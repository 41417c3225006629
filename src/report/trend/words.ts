import { formatPercent, NO_FIGURE } from '../format.js'
import type { TrendPoint, TrendSeries } from './series.js'

export const TREND_CAVEAT =
  'Runs at different times differ without any cause; a step is worth a look, and tune ci or tune compare --app-a tells whether it is the app.'

export function changeFromFirst({ estimate }: TrendPoint, points: readonly TrendPoint[]): string {
  const first = points[0]?.estimate.value ?? 0
  return first === 0 || points[0]?.estimate === estimate
    ? NO_FIGURE
    : formatPercent(estimate.value / first - 1)
}

/** Where a series has intervals, what shows them. */
export function hasIntervals({ points }: TrendSeries): boolean {
  return points.some(({ estimate: { low, high } }) => low !== null && high !== null)
}

/** `2026-11-20 09:30 UTC`. */
export function startOf({ startedAt }: TrendPoint): string {
  return `${startedAt.slice(0, 16).replace('T', ' ')} UTC`
}

/** Which points were measured elsewhere than the one before them. */
export function isElsewhere(points: readonly TrendPoint[], index: number): boolean {
  const [before, point] = [points[index - 1], points[index]]
  return before !== undefined && point !== undefined && before.place !== point.place
}

/** Where the machine or Node changed: `bench-2 was measured elsewhere than the run before: …`. */
export function stepsOf({ points }: TrendSeries): string[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1]?.place ?? ''
    return isElsewhere(points, index)
      ? [`${point.name} was measured elsewhere than the run before it: ${before}, then ${point.place}.`]
      : []
  })
}
