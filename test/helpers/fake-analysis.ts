import { proposeCandidates, type Proposals } from '../../src/advisor/candidates.js'
import { classify } from '../../src/advisor/classify.js'
import type { Measured } from '../../src/advisor/decide.js'
import { measureDemand } from '../../src/advisor/demand.js'
import {
  planRaceLoad,
  rampSeconds,
  saturationConnections,
  type RaceLoad,
} from '../../src/advisor/load-plan.js'
import { fitTogether, memoryBudget, memoryModel } from '../../src/advisor/memory.js'
import { recommend, type Advice } from '../../src/advisor/recommend.js'
import { keptUp, rebooted } from '../../src/experiment/hosting.js'
import { assessNoise } from '../../src/experiment/noise.js'
import { twinLabel } from '../../src/experiment/plan.js'
import { race } from '../../src/experiment/race.js'
import { createRandom } from '../../src/experiment/random.js'
import { pairedLogRatios } from '../../src/experiment/samples.js'
import { comparisonsOf, summarize } from '../../src/experiment/summary.js'
import { runTrial, trialNumbers } from '../../src/experiment/trial-runner.js'
import type { MemoryModel, Workload } from '../../src/result/analysis.js'
import type { Noise } from '../../src/result/document.js'
import type { Configuration } from '../../src/result/configuration.js'
import type { Trial, TrialPhase } from '../../src/result/trial.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine, type FakeWorldOptions } from './fakes.js'
import { ASYNC_ONE } from './trials.js'

export interface FakeAnalysis {
  workload: Workload
  memory: MemoryModel
  proposals: Proposals
  load: RaceLoad
  noise: Noise
  advice: Advice
}

export interface FakeAnalysisOptions extends FakeWorldOptions {
  memoryBytes?: number
  current?: Configuration | null
}

const FREE_RUN = new AbortController().signal
const MARGIN = 0.03

/** Probe, saturation, candidates, race and recommendation against a simulated machine. No process, no second passes. */
export async function analyzeFake(options: FakeAnalysisOptions): Promise<FakeAnalysis> {
  const world = new FakeWorld(options)
  const tools = { generator: world.generator, clock: world.clock }
  const nextId = trialNumbers()
  const { effectiveCpus } = options
  const memoryBytes = options.memoryBytes ?? 8e9
  const machine = fakeMachine({
    effectiveCpus,
    memoryLimitBytes: memoryBytes,
    memoryAvailableBytes: memoryBytes,
  })

  const single = world.start(ASYNC_ONE)
  const observe = (phase: TrialPhase, connections: number): Promise<Trial> =>
    runTrial(
      { id: nextId(), phase, block: null, target: phase, workload: null, configuration: ASYNC_ONE },
      single,
      { request: FAKE_REQUEST, connections, rampSeconds: 0.2, windowSeconds: 2, timeoutSeconds: 10 },
      tools,
      FREE_RUN,
    )
  const probe = await observe('probe', 1)
  const demand = measureDemand(probe, effectiveCpus)!
  const saturation = await observe('saturation', saturationConnections(demand, effectiveCpus))
  const workload = classify(probe, saturation, effectiveCpus)!

  const { memory: reading } = await single.counters()
  const memoryBudgetBytes = memoryBudget(machine)
  const memory = memoryModel({ workers: 1, threads: 1, ...reading }, null, memoryBudgetBytes)
  const proposals = proposeCandidates({
    workload,
    effectiveCpus,
    memory,
    memoryBudgetBytes,
    current: options.current ?? null,
    limit: 8,
  })
  const configurations = proposals.proposals.map(({ configuration }) => configuration)
  const load = planRaceLoad(configurations, workload, effectiveCpus, machine.openFilesLimit)

  const together = fitTogether(configurations, memory, memoryBudgetBytes)
  const twinOf = proposals.heuristicKey
  const { trials } = await race(
    {
      phase: 'race',
      contenders: proposals.proposals.map(({ key, configuration, control }) => ({
        label: key,
        target: key,
        workload: null,
        configuration,
        use: together ? keptUp(world.start(configuration)) : rebooted(world.target(configuration), FREE_RUN),
        connections: load.connections,
        rampSeconds: rampSeconds(configuration, workload, effectiveCpus, load.connections),
        control,
      })),
      twinOf,
      request: FAKE_REQUEST,
      windowSeconds: load.windowSeconds,
      timeoutSeconds: load.timeoutSeconds,
      warmUpSeconds: 0.3,
      minBlocks: 6,
      maxBlocks: 10,
      margin: MARGIN,
      deadlineMs: Infinity,
    },
    { ...tools, random: createRandom(options.seed ?? 1), nextId, onTrial: () => undefined },
    FREE_RUN,
  )
  const aa = pairedLogRatios(trials.get(twinLabel(twinOf)) ?? [], trials.get(twinOf) ?? [])
  trials.delete(twinLabel(twinOf))
  const noise = assessNoise(aa, aa, MARGIN)
  const measured: Measured[] = proposals.proposals.map((proposal) => ({
    ...proposal,
    connections: load.connections,
    ...summarize(trials.get(proposal.key) ?? []),
  }))
  const advice = recommend({
    measured,
    excluded: proposals.excluded,
    heuristicKey: proposals.heuristicKey,
    currentKey: proposals.currentKey,
    compareWith: comparisonsOf(trials, noise.margin),
    noise,
    workload,
    effectiveCpus,
    app: 'app.ts',
  })
  return { workload, memory, proposals, load, noise, advice }
}
