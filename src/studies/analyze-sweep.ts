import { connectionLadder, readSweep } from '../advisor/connections.js'
import { drainSeconds, rampSeconds } from '../advisor/load-plan.js'
import { SWEEP_POINTS } from '../advisor/time-plan.js'
import { runTrial } from '../experiment/trial-runner.js'
import type { ConnectionSweep } from '../result/analysis.js'
import { configurationKey, type Configuration } from '../result/configuration.js'
import type { Trial } from '../result/trial.js'
import type { AnalyzePlan } from './analyze-plan.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** Shorter than a trial of the race: a knee is read from the whole ladder, not from one point. */
const WINDOW_SHARE = 0.6
const OVERHEAD_SECONDS = 0.3
const FEWEST_POINTS = 4

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
  const knee = workload.kneeConcurrency
  const windowSeconds = WINDOW_SHARE * load.windowSeconds
  const ramp = (connections: number): number =>
    rampSeconds(configuration, workload, machine.effectiveCpus, connections)
  const drain = drainSeconds(configuration, workload, machine.effectiveCpus, load.connections)
  const pointSeconds = windowSeconds + ramp(load.connections) + drain + OVERHEAD_SECONDS
  const fitting = Math.floor((untilMs.sweep - clock.monotonicMs()) / 1000 / pointSeconds)
  if (fitting < FEWEST_POINTS) {
    const more = Math.max(0, fitting)
    const note = `Not varied: the time carries ${more} ${more === 1 ? 'trial' : 'trials'} more, and a knee takes ${FEWEST_POINTS}.`
    return { key, points: [], kneeMeasured: null, latencyHoldsTo: null, advice: null, note }
  }

  progress.phase('connections')
  const ladder = connectionLadder(
    configuration,
    knee,
    Math.min(SWEEP_POINTS, fitting),
    machine.openFilesLimit,
  )
  log.expect(log.trials.length + ladder.length)
  const trials: Trial[] = []
  try {
    if (!fleet.has(key)) await fleet.start([makeTarget(configuration, key)], signal, () => undefined)
    for (const connections of ladder) {
      if (clock.monotonicMs() + pointSeconds * 1000 > untilMs.sweep) break
      log.starting(key, connections)
      const order = { id: log.nextId(), phase: 'sweep', block: null, target: key, workload: null } as const
      const spec = { request, connections, windowSeconds, timeoutSeconds: load.timeoutSeconds }
      const trial = await runTrial(
        { ...order, configuration },
        fleet.get(key),
        { ...spec, rampSeconds: ramp(connections) },
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
  const reading = readSweep(points, configuration, knee)
  // Twice the knee and a second of work are rules, though of measured figures.
  const grade = reading.advice === null ? {} : ({ adviceEvidence: 'rule of thumb' } as const)
  return { key, points, ...reading, ...grade }
}

function pointOf({ load, throughputRps, latencyUs, validity }: Trial): ConnectionSweep['points'][number] {
  const { mean: meanUs, p99: p99Us } = latencyUs
  return { connections: load.connections, throughputRps, meanUs, p99Us, believed: validity.ok }
}
