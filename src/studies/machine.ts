import { heuristicConfigurations, heuristicWorkers } from '../advisor/heuristic.js'
import { detectMachine } from '../profiles/machine/index.js'
import type { Progress } from '../report/progress.js'
import { SCHEMA_VERSION } from '../result/document.js'
import type { Machine } from '../result/machine.js'
import type { MachineDocument } from '../result/machine-document.js'
import { calibrateNoise, NOISE_WORKLOAD, type NoiseSettings } from './noise.js'
import { bundledSubjects } from './subjects.js'
import { withTools } from './workbench.js'

export interface MachineOverrides {
  /** CPUs, fractions allowed. */
  cpus?: number | undefined
  memoryBytes?: number | undefined
}

/** What the process may really use; overrides win. `pid`: another process instead of this one. */
export function readMachine(overrides: MachineOverrides = {}, pid?: number): Promise<Machine> {
  return detectMachine({ ...overrides, ...(pid === undefined ? {} : { process: pid }) })
}

/** Adds what a calibration of about `seconds` says about the noise here (noise.ts). An abort ends it with what is known. */
export async function measureMachineNoise(
  document: MachineDocument,
  settings: NoiseSettings,
  progress: Progress,
  signal: AbortSignal,
): Promise<MachineDocument> {
  const [subject] = bundledSubjects([NOISE_WORKLOAD])
  if (subject === undefined) throw new Error(`there is no workload ${NOISE_WORKLOAD}`)
  const { machine, tool } = document
  const given = { toolVersion: tool.version, machine, progress, saveTrial: () => undefined }
  const noise = await withTools(given, (tools) => calibrateNoise(subject, settings, tools, signal))
  return { ...document, noise }
}

/** The machine with the classic rule beside it: the answer of a `tune` that is told not to measure. */
export async function describeMachine(
  version: string,
  overrides: MachineOverrides = {},
): Promise<MachineDocument> {
  const machine = await readMachine(overrides)
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'tune-prefork', version },
    command: 'machine',
    machine,
    heuristic: {
      workers: heuristicWorkers(machine.effectiveCpus),
      evidence: 'rule of thumb',
      configurations: heuristicConfigurations(machine.effectiveCpus),
    },
  }
}
