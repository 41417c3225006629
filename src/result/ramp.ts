/** Once through the queue, and some of it again. */
const QUEUES = 1.2
const SHORTEST_SECONDS = 0.2
const LONGEST_SECONDS = 5

/** Seconds of load before a window, so that it opens on a queue of steady length, for a server that needs so many to work off its queue. */
export function rampSecondsFor(queueSeconds: number): number {
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, QUEUES * queueSeconds))
}
