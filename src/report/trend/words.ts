import { formatPercent, NO_FIGURE } from '../format.js'
import type { TrendPoint, TrendSeries } from './series.js'

export const TREND_CAVEAT =
  'Runs at different times differ without any cause; a step is worth a look, and tune ci or tune compare --app-a tells whether it is the app.'

export function changeFromFirst({ estimate }: TrendPoint, points: readonly TrendPoint[]): string {
  const first = points[0]?.estimate.value ?? 0
  return first === 0 ? NO_FIGURE : formatPercent(estimate.value / first - 1)
}

/** Where the machine or Node changed: `bench-2 was measured elsewhere than the run before: …`. */
export function stepsOf({ points }: TrendSeries): string[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1]
    return before === undefined || before.place === point.place
      ? []
      : [`${point.name} was measured elsewhere than the run before it: ${before.place}, then ${point.place}.`]
  })
}
