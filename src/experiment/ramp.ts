import { rampSecondsFor } from '../result/ramp.js'

/**
 * The ramp that was planned, or a longer one that what was seen asks for. A plan follows from the CPU that a request takes, and a pool or a service behind
 * the app answers more slowly: of one that carried 200 requests a second, windows that opened after a quarter of its queue showed 234.
 *
 * @param seenRps what the server was seen to carry; 0 where nothing is known
 */
export function settledRampSeconds(plannedSeconds: number, connections: number, seenRps: number): number {
  return seenRps === 0 ? plannedSeconds : Math.max(plannedSeconds, rampSecondsFor(connections / seenRps))
}
