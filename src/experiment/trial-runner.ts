import type { Configuration } from '../result/configuration.js'
import type { LoadOutcome, Trial, TrialPhase } from '../result/trial.js'
import type { Clock } from './clock.js'
import { environmentOutcome } from './environment.js'
import type {
  LoadGenerator,
  LoadSpec,
  ReadEnvironment,
  RunningTarget,
  Speedometer,
  TargetCounters,
} from './ports.js'
import { serverOutcome } from './server-outcome.js'
import { underLoad } from './under-load.js'
import { judgeTrial } from './validity.js'

/** Which trial this is; the rest of a `Trial` is measured. */
export interface TrialOrder {
  id: number
  phase: TrialPhase
  block: number | null
  /** Where the servers of a run are started more than once. */
  start?: number
  target: string
  workload: string | null
  configuration: Configuration
}

export interface TrialTools {
  generator: LoadGenerator
  clock: Clock
  /** Absent where the machine does not say what it does, as a simulated one. */
  readEnvironment?: ReadEnvironment | undefined
  /** Absent where nobody times the CPUs. */
  speedometer?: Speedometer | undefined
}

/** One configuration under load for one window, with the target's own counters read on both sides of it. */
export async function runTrial(
  order: TrialOrder,
  running: RunningTarget,
  load: Omit<LoadSpec, 'address'>,
  tools: TrialTools,
  signal: AbortSignal,
): Promise<Trial> {
  signal.throwIfAborted()
  const startedAt = tools.clock.wallClock().toISOString()
  const environmentBefore = tools.readEnvironment?.()
  const before = await readCounters(running)
  const { outcome, pieceUs } = await timed(load, tools, () =>
    underLoad(running, load, tools.generator, signal),
  )
  const after = await readCounters(running)
  const server = before === null || after === null ? null : serverOutcome(before, after, outcome.answers)
  const environmentAfter = tools.readEnvironment?.()
  const environment =
    environmentBefore && environmentAfter
      ? {
          ...environmentOutcome(environmentBefore, environmentAfter, server, outcome),
          ...(pieceUs === null ? {} : { pieceUs }),
        }
      : null
  const { connections } = load
  const validity = judgeTrial(outcome, server, { connections, environment })
  return { ...order, load: { connections }, startedAt, ...outcome, server, environment, validity }
}

/** The speed of the CPUs within the window, which opens once the ramp is over. */
async function timed(
  { rampSeconds }: Pick<LoadSpec, 'rampSeconds'>,
  { speedometer, clock }: TrialTools,
  work: () => Promise<LoadOutcome>,
): Promise<{ outcome: LoadOutcome; pieceUs: number | null }> {
  const opensAtMs = clock.monotonicMs() + 1000 * rampSeconds
  const end = speedometer?.start()
  const endAt = (closesAtMs: number): number | null => end?.(opensAtMs, closesAtMs) ?? null
  try {
    const outcome = await work()
    return { outcome, pieceUs: endAt(opensAtMs + 1000 * outcome.windowSeconds) }
  } catch (error) {
    endAt(opensAtMs)
    throw error
  }
}

/**
 * A target that died cannot be read, and one that cannot tell is allowed to. Neither ends the experiment: the load
 * itself shows whether the server still answers, and the trial is judged by that.
 */
async function readCounters(running: RunningTarget): Promise<TargetCounters | null> {
  try {
    return await running.counters()
  } catch {
    return null
  }
}

/** Trial numbers, one after the other over all phases of a run. */
export function trialNumbers(first = 0): () => number {
  let next = first
  return () => next++
}
