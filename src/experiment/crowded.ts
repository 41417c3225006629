import type { EnvironmentOutcome } from '../result/trial.js'

/** Cores that others may use before they are a disturbance: the kernel's own work and idle servers need less. */
export const TOLERATED_FOREIGN_CORES = 0.2

/** Whether others have used so much of the machine that they may be the cause of what was seen. */
export function isCrowded(environment: EnvironmentOutcome | null): boolean {
  return (environment?.foreignCores ?? 0) > TOLERATED_FOREIGN_CORES
}
