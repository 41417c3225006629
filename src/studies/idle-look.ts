import { backgroundOf, type Background } from '../advisor/background.js'
import type { RunningTarget } from '../experiment/ports.js'
import { serverOutcome } from '../experiment/server-outcome.js'
import type { StudyTools } from './tools.js'

/** Garbage of the load before is collected by then: measured, up to half of a core for 0.5 s, and none after that. */
const SETTLE_MS = 600
const LOOK_MS = 1000

/**
 * What a server does while nobody asks it anything; `null` for next to nothing, or where nobody tells its workers apart from what keeps them: PM2's daemon alone
 * was measured at 0.04 cores.
 */
export async function lookWhileIdle(
  running: RunningTarget,
  { pause }: Pick<StudyTools, 'pause'>,
  signal: AbortSignal,
): Promise<Background | null> {
  if (pause === undefined) return null
  await pause(SETTLE_MS, signal)
  const before = await running.counters()
  if (before.cpuByWorker === undefined) return null
  await pause(LOOK_MS, signal)
  return backgroundOf(serverOutcome(before, await running.counters()))
}
