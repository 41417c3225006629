import type { Trial } from '../result/trial.js'

/** From this share of R on, one worker answers under overload as if requests went through it one after the other. */
const SERIAL = 0.7
/** One worker that uses more cores than this computes outside of what serialises its requests. */
const SEVERAL_CORES = 1.2

/**
 * How long a request holds its worker, seconds, for servers without event-loop figures: inferred from the throughput X of one
 * worker under overload. 1/X near R means that waiting holds the worker (it blocks); otherwise a request can hold it only
 * while it computes, C; and when the one worker used several cores, the computing happens elsewhere. A limit of one at a time
 * behind the app looks exactly like blocking: that is what cannot be seen. `null` overload: only C is known.
 */
export function inferredHoldSeconds(
  cpuSeconds: number,
  residenceSeconds: number,
  overload: Trial | null,
): number {
  const computing = Math.min(cpuSeconds, residenceSeconds)
  if (overload === null || !usable(overload)) return computing
  const serialSeconds = 1 / overload.throughputRps
  const cores = (overload.server?.cpuSecondsPerRequest ?? cpuSeconds) * overload.throughputRps
  if (cores >= SEVERAL_CORES) return 0
  return serialSeconds >= SERIAL * residenceSeconds ? Math.min(serialSeconds, residenceSeconds) : computing
}

/** Anything but a worker that was kept busy says nothing about the worker. */
function usable({ validity, throughputRps }: Trial): boolean {
  return validity.ok && throughputRps > 0
}
