/** Once through the queue, and some of it again. */
const QUEUES = 1.2
const USUAL = { least: 0.2, most: 5 }

/** Seconds of load before a window, so that it opens on a queue of steady length, for a server that needs so many to work off its queue. */
export function rampSecondsFor(queueSeconds: number, { least, most } = USUAL): number {
  return Math.min(most, Math.max(least, QUEUES * queueSeconds))
}
