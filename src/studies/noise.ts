import { calibrationOf } from '../experiment/calibration.js'
import { keptUp } from '../experiment/hosting.js'
import { createRandom } from '../experiment/random.js'
import { race, type Contender } from '../experiment/race.js'
import { DEFAULT_WORKER_CONNECTIONS, type Configuration } from '../result/configuration.js'
import type { NoiseCalibration } from '../result/noise-calibration.js'
import { newRun, type Run } from './run.js'
import type { Subject } from './matrix.js'
import type { StudyTools } from './tools.js'

/** Work that feels everything that takes CPU away. */
export const NOISE_WORKLOAD = 'cpu'

const LABELS = ['server', 'twin'] as const
const WINDOW_SECONDS = 0.8
const RAMP_SECONDS = 0.2
const WARM_UP_SECONDS = 0.5
const TIMEOUT_SECONDS = 10
const MOST_PAIRS = 1000

export interface NoiseSettings {
  /** For everything: starting the servers, warming up, measuring. */
  seconds: number
  seed: number
}

/**
 * A/A: two identical servers of a bundled app that are up at the same time take turns until the time is used up. An abort
 * ends it early with the pairs that there are; whatever was started is gone.
 */
export async function calibrateNoise(
  subject: Subject,
  { seconds, seed }: NoiseSettings,
  tools: StudyTools,
  signal: AbortSignal,
): Promise<NoiseCalibration> {
  const startMs = tools.clock.monotonicMs()
  const run = newRun(tools, signal)
  const configuration = fullMachine(tools.machine.effectiveCpus)
  try {
    tools.progress.phase('noise')
    const targets = LABELS.flatMap((label) =>
      subject.servers.slice(0, 1).map(({ makeTarget }) => makeTarget(configuration, label)),
    )
    await run.fleet.start(targets, signal, () => undefined)
    const plan = {
      phase: 'calibration' as const,
      contenders: LABELS.map((label) => contender(label, configuration, run)),
      twinOf: null,
      request: subject.request,
      windowSeconds: WINDOW_SECONDS,
      timeoutSeconds: TIMEOUT_SECONDS,
      warmUpSeconds: WARM_UP_SECONDS,
      minBlocks: MOST_PAIRS,
      maxBlocks: MOST_PAIRS,
      margin: 0,
      deadlineMs: startMs + seconds * 1000,
    }
    let pairsStartMs = 0
    const { trials, blocks } = await race(
      plan,
      {
        ...tools,
        random: createRandom(seed),
        nextId: run.log.nextId,
        onStart: ({ target, connections }) => {
          pairsStartMs ||= tools.clock.monotonicMs()
          run.log.starting(target, connections)
        },
        onTrial: (trial) => run.log.finished(trial),
      },
      signal,
    )
    const nowMs = tools.clock.monotonicMs()
    const secondsPerPair = blocks === 0 ? 0 : (nowMs - pairsStartMs) / 1000 / blocks
    const of = (label: string) => trials.get(label) ?? []
    return calibrationOf(of('server'), of('twin'), (nowMs - startMs) / 1000, secondsPerPair)
  } catch (error) {
    if (!signal.aborted) throw error
    return calibrationOf([], [], (tools.clock.monotonicMs() - startMs) / 1000, 0)
  } finally {
    await run.fleet.stop()
  }
}

/** Every core busy, as in a race of servers that compute. */
function fullMachine(effectiveCpus: number): Configuration {
  const workers = Math.max(1, Math.round(effectiveCpus))
  return { workerClass: 'async', workers, threads: 1, workerConnections: DEFAULT_WORKER_CONNECTIONS }
}

function contender(label: string, configuration: Configuration, { fleet }: Run): Contender {
  return {
    label,
    target: label,
    workload: NOISE_WORKLOAD,
    configuration,
    use: keptUp(fleet.get(label)),
    // Four on each worker, so that none is idle for long by the luck of the accept.
    connections: 4 * configuration.workers,
    rampSeconds: RAMP_SECONDS,
    control: true,
  }
}
