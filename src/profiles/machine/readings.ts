import { readCgroups } from './cgroup.js'
import type { CgroupReadings } from './cgroup.js'
import {
  countCpuList,
  parseAffinity,
  parseCount,
  parseMeminfo,
  parseOpenFiles,
  parsePressure,
} from './parse-proc.js'
import type { Host, ProcessName, Reading, TextFiles } from './ports.js'

/** Everything that was read, before anything is decided. `null` means that this system does not say. */
export interface Readings {
  platform: string
  kernel: string
  nodeVersion: string
  cpuModel: Reading<string>
  logicalCpus: Reading<number>
  physicalCores: Reading<number> | null
  availableParallelism: Reading<number>
  affinity: Reading<number> | null
  cgroups: CgroupReadings
  memoryTotal: Reading<number>
  memoryAvailable: Reading<number>
  /** `Infinity` stands for unlimited. */
  openFiles: Reading<{ soft: number; hard: number }> | null
  somaxconn: Reading<number> | null
  /** Over 1, 5 and 15 minutes. */
  loadAverage: Reading<[number, number, number]>
  governor: Reading<string> | null
  /** Percent of the last 10 s in which some task waited for a CPU, or for memory. */
  cpuPressure: Reading<number> | null
  memoryPressure: Reading<number> | null
}

/**
 * Reads files first and asks the slow library last. Never fails: what cannot be read is `null`. Affinity, open files and cgroups are
 * those of `process`.
 */
export async function readAll(
  files: TextFiles,
  host: Host,
  process: ProcessName = 'self',
): Promise<Readings> {
  const read = <T>(path: string, parse: (text: string) => T | null): Reading<T> | null => {
    const value = parse(files.read(path) ?? '')
    return value === null ? null : { value, source: path }
  }
  const models = host.cpuModels()
  const availableParallelism = { value: host.availableParallelism(), source: 'os.availableParallelism()' }
  const [one = 0, five = 0, fifteen = 0] = host.loadAverage()
  const readings = {
    platform: host.platform,
    kernel: host.kernel,
    nodeVersion: host.nodeVersion,
    logicalCpus:
      read('/sys/devices/system/cpu/online', countCpuList) ??
      (models.length > 0 ? { value: models.length, source: 'os.cpus()' } : availableParallelism),
    availableParallelism,
    affinity: read(`/proc/${process}/status`, parseAffinity),
    cgroups: readCgroups(files, process),
    memoryTotal: read('/proc/meminfo', (text) => parseMeminfo(text, 'MemTotal')) ?? {
      value: host.totalMemoryBytes(),
      source: 'os.totalmem()',
    },
    memoryAvailable: read('/proc/meminfo', (text) => parseMeminfo(text, 'MemAvailable')) ?? {
      value: host.freeMemoryBytes(),
      source: 'os.freemem()',
    },
    openFiles: read(`/proc/${process}/limits`, parseOpenFiles),
    somaxconn: read('/proc/sys/net/core/somaxconn', parseCount),
    loadAverage: { value: [one, five, fifteen] as [number, number, number], source: 'os.loadavg()' },
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', (text) => text.trim() || null),
    cpuPressure: read('/proc/pressure/cpu', parsePressure),
    memoryPressure: read('/proc/pressure/memory', parsePressure),
  }
  const { physicalCores, model } = await host.processor()
  const source = 'systeminformation cpu()'
  return {
    ...readings,
    physicalCores: physicalCores === null ? null : { value: physicalCores, source },
    cpuModel:
      model === null ? { value: models[0] ?? 'unknown', source: 'os.cpus()' } : { value: model, source },
  }
}
