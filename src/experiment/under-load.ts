import { TuneError } from '../result/error.js'
import type { LoadOutcome } from '../result/trial.js'
import type { LoadGenerator, LoadSpec, RunningTarget } from './ports.js'

/**
 * One window of load on a target. The generator sees no more than that nobody answers any more; a target that has ended knows how, and
 * has its last words, so it is asked first.
 *
 * @throws what the target says of its end, else what the generator saw
 */
export async function underLoad(
  running: RunningTarget,
  load: Omit<LoadSpec, 'address'>,
  generator: LoadGenerator,
  signal: AbortSignal,
): Promise<LoadOutcome> {
  try {
    return await generator.run({ ...load, address: running.address }, signal)
  } catch (error) {
    const isGone = error instanceof TuneError && error.code === 'TUNE_E_TARGET_UNREACHABLE'
    if (isGone && !signal.aborted) await running.counters()
    throw error
  }
}
