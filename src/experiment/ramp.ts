/** Once through the queue, and some of it again. */
const QUEUES = 1.2
export const SHORTEST_RAMP_SECONDS = 0.2
const LONGEST_SECONDS = 5

/**
 * Load before a window, so that it opens on a queue of steady length. What was planned follows from the CPU that a request takes, and a pool or a service
 * behind the app answers more slowly: of one that carried 200 requests a second, windows that opened after a quarter of its queue showed 234.
 *
 * @param seenRps what the server was seen to carry; 0 where nothing is known
 */
export function settledRampSeconds(plannedSeconds: number, connections: number, seenRps: number): number {
  if (seenRps === 0) return plannedSeconds
  return Math.max(plannedSeconds, Math.min(LONGEST_SECONDS, (QUEUES * connections) / seenRps))
}
