import { heuristicConfigurations, heuristicWorkers } from '../advisor/heuristic.js'
import { SCHEMA_VERSION } from '../result/document.js'
import type { MachineDocument } from '../result/machine-document.js'
import { readMachine, type MachineOverrides } from './read-machine.js'

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
