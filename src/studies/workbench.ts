import { setTimeout as sleep } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../experiment/clock.js'
import {
  createLoadGenerator,
  createOpenGenerator,
  mostGenerators,
  type OpenGenerator,
} from '../load/index.js'
import { countCpuList, detectMachine, environmentReader, reserveCpus } from '../profiles/machine/index.js'
import { createSpeedometer } from '../profiles/speed/index.js'
import type { Progress } from '../report/progress.js'
import type { Machine } from '../result/machine.js'
import { ResultStore } from '../result/store.js'
import { bundledTarget } from '../targets/index.js'
import type { MachineOverrides } from './read-machine.js'
import type { MakeTarget, StudyTools } from './tools.js'

export interface WorkbenchOptions {
  toolVersion: string
  /** What is measured, for the name of the report folder. */
  subject: string
  out: string | undefined
  /** Folder of a run to go on with, instead of a new one. */
  resume?: string | undefined
  overrides: MachineOverrides
  /** Generator processes; `null` or absent for one, and more where one turns out to be the limit and cores are left. */
  generators?: number | null | undefined
  /** CPUs for the generators alone, such as `0,2-3`; absent where they share all with the server. */
  generatorCpus?: string | undefined
  progress: Progress
}

/** The real world for a study: this machine, generator processes, a report folder. */
export interface Workbench {
  tools: StudyTools
  store: ResultStore
}

const clock: Clock = { monotonicMs: () => performance.now(), wallClock: () => new Date() }
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal })

/** Opens the workbench for `work` and leaves nothing running behind, however `work` ends. */
export async function withWorkbench<T>(
  { toolVersion, subject, out, resume, overrides, generators, generatorCpus, progress }: WorkbenchOptions,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  progress.phase('detect')
  if (generatorCpus !== undefined) reserveCpus(generatorCpus)
  const machine: Machine = await detectMachine(overrides)
  const store =
    resume === undefined
      ? await ResultStore.create({ subject, startedAt: clock.wallClock(), out })
      : await ResultStore.resume(resume)
  const saveTrial: StudyTools['saveTrial'] = (trial) => store.appendTrial(trial)
  try {
    const given = { toolVersion, machine, progress, saveTrial, generators, generatorCpus }
    return await withTools(given, (tools) => work({ tools, store }))
  } finally {
    await store.close()
  }
}

/** The same without a report folder: trials go where `saveTrial` says. */
export async function withTools<T>(
  {
    generators = null,
    ...given
  }: Pick<StudyTools, 'toolVersion' | 'machine' | 'saveTrial' | 'generatorCpus'> &
    Pick<WorkbenchOptions, 'generators' | 'progress'>,
  work: (tools: StudyTools) => Promise<T>,
): Promise<T> {
  const { effectiveCpus } = given.machine
  const cpus = given.generatorCpus ?? null
  const most = cpus === null ? mostGenerators(effectiveCpus) : (countCpuList(cpus) ?? 1)
  const generator = createLoadGenerator({
    ...(generators === null ? { mostProcesses: most } : { processes: generators }),
    cpus,
  })
  try {
    return await work({ ...given, generator, clock, pause, readEnvironment: environmentReader() })
  } finally {
    given.progress.done()
    await generator.stop()
  }
}

/** The same tools, with somebody who times the CPUs in every trial, for as long as `work` takes. */
export async function withSpeedometer<T>(
  tools: StudyTools,
  work: (tools: StudyTools) => Promise<T>,
): Promise<T> {
  const { effectiveCpus } = tools.machine
  const speedometer = await createSpeedometer({ effectiveCpus, generatorCpus: tools.generatorCpus ?? null })
  if (speedometer === null) return work(tools)
  try {
    return await work({ ...tools, speedometer })
  } finally {
    await speedometer.stop()
  }
}

/** An open load generator for as long as `work` takes. */
export async function withOpenGenerator<T>(
  { generatorCpus = null }: { generatorCpus?: string | null | undefined },
  work: (generator: OpenGenerator) => Promise<T>,
): Promise<T> {
  const generator = createOpenGenerator(generatorCpus)
  try {
    return await work(generator)
  } finally {
    await generator.stop()
  }
}

/** Targets that serve an app under the bundled server. */
export function bundledTargets(
  app: string,
  { cwd, env = {}, workload = null }: { cwd: string; env?: Record<string, string>; workload?: string | null },
): MakeTarget {
  return (configuration, label) => bundledTarget({ label, workload, configuration, app, cwd, env })
}
