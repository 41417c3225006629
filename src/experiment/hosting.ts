import type { RunningTarget, Target } from './ports.js'

/** Gives `work` a server that is up, for as long as it takes. */
export type UseTarget = <T>(work: (running: RunningTarget) => Promise<T>) => Promise<T>

/** The server stays up between trials: the rule, because idle siblings cost nothing and a boot costs a trial. */
export function keptUp(running: RunningTarget): UseTarget {
  return (work) => work(running)
}

/**
 * The server is started for each trial and gone after it: where memory does not hold all candidates at once. It is
 * cold each time, so the ramp of the trial has to warm it.
 */
export function rebooted(target: Target, signal: AbortSignal): UseTarget {
  return async (work) => {
    const running = await target.start(signal)
    try {
      return await work(running)
    } finally {
      await running.stop()
    }
  }
}
