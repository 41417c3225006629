// In a file of its own: tune serve needs it at every start, and nothing of what measures.

import { detectMachine } from '../profiles/machine/index.js'
import type { Machine } from '../result/machine.js'

export interface MachineOverrides {
  /** CPUs, fractions allowed. */
  cpus?: number | undefined
  memoryBytes?: number | undefined
}

/** What the process may really use; overrides win. `pid`: another process instead of this one. */
export function readMachine(overrides: MachineOverrides = {}, pid?: number): Promise<Machine> {
  return detectMachine({ ...overrides, ...(pid === undefined ? {} : { process: pid }) })
}
