import type { EnvironmentOutcome, LoadOutcome, ValidityReason } from '../result/trial.js'
import { isCrowded } from './crowded.js'
import { surelyChanged, trendOf } from './trend.js'

const LIMIT = 0.2
const REQUESTS_FOR_TREND = 50

/**
 * Did the throughput change in the course of the window, and whose doing was it? A ramp is the configuration's own, falls on it alone,
 * and makes its figure wrong. Neighbours that come and go make the same picture and fall on everybody: of 60 trials
 * of steady servers beside neighbours with 0.9 to 1.5 of 2 cores, six had a sure change of 23 to 49 %.
 */
export function judgeSteadiness(
  { slices, requests }: Pick<LoadOutcome, 'slices' | 'requests'>,
  environment: EnvironmentOutcome | null,
): {
  id: 'not-steady' | 'unsteady'
  observed: ValidityReason['observed']
  limit: number
  message: string
} | null {
  const trend = requests.done < REQUESTS_FOR_TREND ? null : trendOf(slices)
  const changed = trend === null ? 0 : surelyChanged(trend)
  if (trend === null || changed <= LIMIT) return null
  const direction = trend.change > 0 ? 'rose' : 'fell'
  const by = `${Math.round(Math.abs(trend.change) * 100)} %`
  return {
    id: isCrowded(environment) ? 'unsteady' : 'not-steady',
    message: `the throughput ${direction} by ${by} of its mean during the window`,
    observed: changed,
    limit: LIMIT,
  }
}
