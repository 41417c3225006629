import type { MachineFact } from '../../result/machine.js'
import type { Reading } from './ports.js'
import type { Readings } from './readings.js'
import type { Overrides } from './effective.js'

/**
 * Every reading as a row, most decisive first. A limit that does not exist is a row with `null`; what this
 * system does not report (no governor in a virtual machine) is no row at all.
 */
export function factsOf(readings: Readings, overrides: Overrides): MachineFact[] {
  return [
    ...overrideFacts(overrides),
    ...cpuFacts(readings),
    ...memoryFacts(readings),
    ...limitFacts(readings),
    ...stateFacts(readings),
  ]
}

type Unit = MachineFact['unit']

function fact(
  id: string,
  label: string,
  unit: Unit,
  reading: Reading<number | string | null> | null,
): MachineFact[] {
  return reading ? [{ id, label, value: reading.value, unit, source: reading.source }] : []
}

function overrideFacts({ cpus, memoryBytes }: Overrides): MachineFact[] {
  return [
    ...fact('override.cpus', 'CPUs, as told', 'cpus', cpus === undefined ? null : told(cpus, '--cpus')),
    ...fact(
      'override.memory',
      'Memory, as told',
      'bytes',
      memoryBytes === undefined ? null : told(memoryBytes, '--memory'),
    ),
  ]
}

function told(value: number, flag: string): Reading<number> {
  return { value, source: `${flag} (wins over what was detected)` }
}

function cpuFacts(readings: Readings): MachineFact[] {
  const { cgroups } = readings
  return [
    ...fact('cpu.logical', 'Logical CPUs', 'count', readings.logicalCpus),
    ...fact('cpu.physical', 'Physical cores', 'count', readings.physicalCores),
    ...fact('cpu.affinity', 'CPU affinity', 'count', readings.affinity),
    ...fact('cpu.cpuset', 'Cpuset', 'count', orNone(cgroups.cpuset, cgroups.searched.cpuset)),
    ...fact('cpu.quota', 'CPU quota', 'cpus', orNone(cgroups.cpuQuota, cgroups.searched.cpu)),
    ...fact('cpu.node', 'CPUs according to Node', 'count', readings.availableParallelism),
    ...fact('cpu.model', 'CPU model', 'text', readings.cpuModel),
    ...fact('cpu.governor', 'Frequency governor', 'text', readings.governor),
  ]
}

function memoryFacts({ cgroups, memoryTotal, memoryAvailable }: Readings): MachineFact[] {
  return [
    ...fact('memory.total', 'Memory', 'bytes', memoryTotal),
    ...fact('memory.available', 'Memory available', 'bytes', memoryAvailable),
    ...fact('memory.limit', 'Memory limit', 'bytes', orNone(cgroups.memoryLimit, cgroups.searched.memory)),
    ...fact('memory.high', 'Memory slowed down from', 'bytes', cgroups.memoryHigh),
    ...fact('memory.used', 'Memory used in the cgroup', 'bytes', cgroups.memoryUsed),
    ...fact('memory.headroom', 'Memory left below the limit', 'bytes', cgroups.memoryHeadroom),
  ]
}

function limitFacts({ openFiles, somaxconn }: Readings): MachineFact[] {
  if (openFiles === null) return fact('limit.somaxconn', 'Longest accept queue', 'count', somaxconn)
  const { soft, hard } = openFiles.value
  return [
    // Node raises its own soft limit to the hard one when it starts, and its children inherit that.
    ...fact('limit.files.soft', 'Open files, soft', 'count', {
      value: finite(soft),
      source: `${openFiles.source} (raised by Node)`,
    }),
    ...fact('limit.files.hard', 'Open files, hard', 'count', {
      value: finite(hard),
      source: openFiles.source,
    }),
    ...fact('limit.somaxconn', 'Longest accept queue', 'count', somaxconn),
  ]
}

function stateFacts(readings: Readings): MachineFact[] {
  const { loadAverage } = readings
  const load = loadAverage.value.map((value) => value.toFixed(2)).join(' ')
  return [
    ...fact('state.load', 'Load over 1, 5, 15 min', 'text', { value: load, source: loadAverage.source }),
    ...fact('state.pressure.cpu', 'Tasks waiting for CPU', 'text', percent(readings.cpuPressure)),
    ...fact('state.pressure.memory', 'Tasks waiting for memory', 'text', percent(readings.memoryPressure)),
    ...fact('system.kernel', 'Kernel', 'text', {
      value: `${readings.platform} ${readings.kernel}`,
      source: 'os.release()',
    }),
    ...fact('system.node', 'Node', 'text', { value: readings.nodeVersion, source: 'process.version' }),
  ]
}

function percent(reading: Reading<number> | null): Reading<string> | null {
  return (
    reading && {
      value: `${reading.value.toFixed(2)} % of the last 10 s`,
      source: `${reading.source} some avg10`,
    }
  )
}

function orNone(reading: Reading<number> | null, searched: string): Reading<number | null> {
  return reading ?? { value: null, source: searched }
}

/** The document is JSON, which has no Infinity: `null` stands for unlimited. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
