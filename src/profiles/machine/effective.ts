import type { Reading } from './ports.js'
import type { Readings } from './readings.js'

export interface Overrides {
  /** CPUs, fractions allowed. */
  cpus?: number | undefined
  memoryBytes?: number | undefined
}

/** What decides how much this process may use. */
export interface Effective {
  cpus: Reading<number>
  memoryLimit: Reading<number>
  memoryAvailable: Reading<number>
}

/**
 * N = min(affinity, cpuset, CPU quota, logical CPUs), fractions kept: 1.5 CPUs are neither 1 nor 2. Of equal
 * values the first named is given as the source.
 */
export function detectEffective(readings: Readings): Effective {
  const { affinity, cgroups, logicalCpus, memoryTotal, memoryAvailable } = readings
  return {
    cpus: smallest(
      [
        affinity && named('affinity', affinity),
        cgroups.cpuset && named('cpuset', cgroups.cpuset),
        cgroups.cpuQuota && named('cgroup CPU quota', cgroups.cpuQuota),
      ],
      named('logical CPUs', logicalCpus),
    ),
    memoryLimit: smallest(
      [cgroups.memoryLimit && named('cgroup memory limit', cgroups.memoryLimit)],
      named('total memory', memoryTotal),
    ),
    memoryAvailable: smallest([cgroups.memoryHeadroom], memoryAvailable),
  }
}

/** Overrides win over what was detected. Memory that is not there stays unavailable, whatever the flag says. */
export function applyOverrides(detected: Effective, { cpus, memoryBytes }: Overrides): Effective {
  const memory = memoryBytes === undefined ? null : { value: memoryBytes, source: '--memory' }
  return {
    cpus: cpus === undefined ? detected.cpus : { value: cpus, source: '--cpus' },
    memoryLimit: memory ?? detected.memoryLimit,
    memoryAvailable:
      memory === null ? detected.memoryAvailable : smallest([memory], detected.memoryAvailable),
  }
}

function named(name: string, { value, source }: Reading<number>): Reading<number> {
  return { value, source: `${name}, ${source}` }
}

/** Of equal values the first limit wins, so that the source names what limits and not merely what is there. */
function smallest(limits: (Reading<number> | null)[], otherwise: Reading<number>): Reading<number> {
  const known = [...limits.filter((reading) => reading !== null), otherwise]
  return known.reduce((least, reading) => (reading.value < least.value ? reading : least))
}
