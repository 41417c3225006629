import { connectionLadder, readSweep } from '../advisor/connections.js'
import { drainSeconds, rampSeconds } from '../advisor/load-plan.js'
import { configurationKnee } from '../advisor/model.js'
import { SWEEP_POINTS } from '../advisor/time-plan.js'
import { counted } from '../advisor/wording.js'
import { settledRampSeconds } from '../experiment/ramp.js'
import { runTrial } from '../experiment/trial-runner.js'
import { warmServer } from '../experiment/warm-up.js'
import type { ConnectionSweep } from '../result/connection-sweep.js'
import { configurationKey, type Configuration } from '../result/configuration.js'
import type { Trial } from '../result/trial.js'
import type { AnalyzePlan } from './analyze-plan.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** Shorter than a trial of the race: a knee is read from the whole ladder, not from one point. */
const WINDOW_SHARE = 0.6
const OVERHEAD_SECONDS = 0.3
const FEWEST_POINTS = 4
const WARM_UP_SECONDS = 1
/** After those of the race and of the confirmation. */
const SWEEP_START = 2
/** Starting the server of a small app, and warming it as a rule. */
const COLD_START_SECONDS = 3

const UNREAD = { kneeMeasured: null, latencyHoldsTo: null, advice: null }

/** One configuration from few connections to many, as far as the time carries. An abort keeps the points that are there. */
export async function sweepConnections(
  { workload, load, request, untilMs }: AnalyzePlan,
  configuration: Configuration,
  makeTarget: MakeTarget,
  run: Run,
): Promise<ConnectionSweep> {
  const { tools, fleet, log, signal } = run
  const { machine, clock, progress } = tools
  const key = configurationKey(configuration)
  const knee = configurationKnee(configuration, workload, machine.effectiveCpus)
  const windowSeconds = WINDOW_SHARE * load.windowSeconds
  const ramp = (connections: number): number =>
    rampSeconds(configuration, workload, machine.effectiveCpus, connections)
  const pointSeconds = (connections: number, rampOfPoint = ramp(connections)): number => {
    const drain = drainSeconds(configuration, workload, machine.effectiveCpus, connections)
    return windowSeconds + rampOfPoint + drain + OVERHEAD_SECONDS
  }
  // A far knee takes more connections than the race had, and no more time than was planned with those.
  const isCold = !fleet.has(key)
  const leftSeconds = (untilMs.sweep - clock.monotonicMs()) / 1000 - (isCold ? COLD_START_SECONDS : 0)
  const ladderOf = (points: number): number[] =>
    connectionLadder(configuration, knee, points, machine.openFilesLimit)
  const carried = (ladder: readonly number[]): number => {
    let seconds = 0
    return ladder.filter((connections) => (seconds += pointSeconds(connections)) <= leftSeconds).length
  }
  const ladder = [ladderOf(SWEEP_POINTS), ladderOf(FEWEST_POINTS)].find((one) => carried(one) === one.length)
  if (ladder === undefined) {
    const more = carried(ladderOf(FEWEST_POINTS))
    const note =
      more === 0
        ? 'Not varied: the time was over.'
        : `Not varied: the time carries ${counted(more, 'trial')} more, and a knee takes ${FEWEST_POINTS}.`
    return { ...UNREAD, key, points: [], note }
  }

  progress.phase('connections')
  log.expect(log.trials.length + ladder.length)
  const trials: Trial[] = []
  try {
    if (isCold) {
      await fleet.start([makeTarget(configuration, key)], signal, () => undefined)
      // Cold, five workers of an app that waits carried a quarter of what they had in the race.
      const { timeoutSeconds } = load
      const connections = load.connectionsOf(configuration)
      const warm = { request, connections, windowSeconds: WARM_UP_SECONDS, timeoutSeconds }
      await warmServer(fleet.get(key), configuration, warm, tools.generator, signal)
    }
    for (const connections of ladder) {
      const seenRps = Math.max(0, ...trials.map(({ throughputRps }) => throughputRps))
      const settled = settledRampSeconds(ramp(connections), connections, seenRps)
      if (clock.monotonicMs() + pointSeconds(connections, settled) * 1000 > untilMs.sweep) break
      log.starting(key, connections)
      const which = { phase: 'sweep', block: null, ...(isCold ? { start: SWEEP_START } : {}) } as const
      const order = { id: log.nextId(), ...which, target: key, workload: null }
      const spec = { request, connections, windowSeconds, timeoutSeconds: load.timeoutSeconds }
      const trial = await runTrial(
        { ...order, configuration },
        fleet.get(key),
        { ...spec, rampSeconds: settled },
        tools,
        signal,
      )
      await log.finished(trial)
      trials.push(trial)
    }
  } catch (error) {
    // What was decided before is not lost to an abort.
    if (!signal.aborted) throw error
  }
  const points = trials.map(pointOf)
  if (points.length < ladder.length && signal.aborted) {
    return { ...UNREAD, key, points, note: 'Not varied to the end: the run was interrupted.' }
  }
  const predicted = knee === null ? {} : { kneePredicted: knee }
  const reading = readSweep(points, configuration, knee)
  // Twice the knee and a second of work are rules, though of measured figures.
  const grade = reading.advice === null ? {} : ({ adviceEvidence: 'rule of thumb' } as const)
  return { key, points, ...predicted, ...reading, ...grade }
}

function pointOf({ load, throughputRps, latencyUs, validity }: Trial): ConnectionSweep['points'][number] {
  const { mean: meanUs, p99: p99Us } = latencyUs
  return { connections: load.connections, throughputRps, meanUs, p99Us, believed: validity.ok }
}
