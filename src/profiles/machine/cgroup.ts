import type { Controller, Lineage } from './lineage.js'
import { lineagesOf } from './lineage.js'
import {
  parseByteLimit,
  parseCfsQuota,
  parseCpuMax,
  parseMemberships,
  parseMountinfo,
  parseStat,
} from './parse-cgroup.js'
import { countCpuList } from './parse-proc.js'
import type { ProcessName, Reading, TextFiles } from './ports.js'

/** Limits from all cgroups above the process. `null` means none was found; `searched` says where. */
export interface CgroupReadings {
  /** CPUs, the smallest quota of all ancestors, with its fraction. */
  cpuQuota: Reading<number> | null
  /** CPUs in the smallest cpuset. */
  cpuset: Reading<number> | null
  memoryLimit: Reading<number> | null
  /** Version 2: beyond this the kernel reclaims and slows down, but does not kill. */
  memoryHigh: Reading<number> | null
  /** Working set (usage without inactive page cache) of the cgroup that limits, or of the own one. */
  memoryUsed: Reading<number> | null
  /** Smallest distance from the working set to the limit. */
  memoryHeadroom: Reading<number> | null
  searched: Record<Controller, string>
  /** Own cgroups that cannot be seen, one sentence each. */
  hidden: string[]
}

/** libuv takes the outermost quota (or none on Node 20) and systeminformation has no cgroups: hence our own. */
export function readCgroups(files: TextFiles, process: ProcessName = 'self'): CgroupReadings {
  // The mounts of this process, whoever is asked about: it is this one that reads the files below them.
  const mounts = parseMountinfo(files.read('/proc/self/mountinfo') ?? '')
  const memberships = parseMemberships(files.read(`/proc/${process}/cgroup`) ?? '')
  const find = (controller: Controller): Lineage[] =>
    lineagesOf(controller, mounts, memberships, (path) => files.isDirectory(path)).filter((lineage) =>
      hasController(lineage, controller, files),
    )
  const lineages = { cpu: find('cpu'), cpuset: find('cpuset'), memory: find('memory') }
  return {
    cpuQuota: least(eachDirectory(lineages.cpu).flatMap((at) => cpuQuotaOf(at, files))),
    cpuset: least(eachDirectory(lineages.cpuset).flatMap((at) => cpusetOf(at, files))),
    ...readMemory(lineages.memory, files),
    searched: {
      cpu: describe(lineages.cpu),
      cpuset: describe(lineages.cpuset),
      memory: describe(lineages.memory),
    },
    hidden: [...new Set(Object.values(lineages).flatMap((found) => found.flatMap(describeHidden)))],
  }
}

/** Directories of the cgroups that may hold back the CPU of this process, the own one first. */
export function cpuCgroups(files: TextFiles): string[] {
  const mounts = parseMountinfo(files.read('/proc/self/mountinfo') ?? '')
  const memberships = parseMemberships(files.read('/proc/self/cgroup') ?? '')
  return lineagesOf('cpu', mounts, memberships, (path) => files.isDirectory(path))
    .filter((lineage) => hasController(lineage, 'cpu', files))
    .flatMap(({ directories }) => directories)
}

/** On a hybrid system version 2 is mounted without the controllers that version 1 has taken. */
function hasController({ version, directories }: Lineage, controller: Controller, files: TextFiles): boolean {
  if (version === 1) return true
  const available = files.read(`${directories.at(-1) ?? ''}/cgroup.controllers`)
  return available === null || available.trim().split(/\s+/).includes(controller)
}

interface CgroupDirectory {
  version: 1 | 2
  directory: string
}

function eachDirectory(lineages: Lineage[]): CgroupDirectory[] {
  return lineages.flatMap(({ version, directories }) =>
    directories.map((directory) => ({ version, directory })),
  )
}

/** The smallest reading; the first of equals, which is the one nearest to the process. */
function least(readings: Reading<number>[]): Reading<number> | null {
  return readings.reduce<Reading<number> | null>(
    (smallest, reading) => (smallest === null || reading.value < smallest.value ? reading : smallest),
    null,
  )
}

function cpuQuotaOf({ version, directory }: CgroupDirectory, files: TextFiles): Reading<number>[] {
  const name = version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us'
  const quota = files.read(`${directory}/${name}`) ?? ''
  const cpus =
    version === 2
      ? parseCpuMax(quota)
      : parseCfsQuota(quota, files.read(`${directory}/cpu.cfs_period_us`) ?? '')
  return reading(cpus, `${directory}/${name}`)
}

function cpusetOf({ version, directory }: CgroupDirectory, files: TextFiles): Reading<number>[] {
  const names = version === 2 ? ['cpuset.cpus.effective'] : ['cpuset.effective_cpus', 'cpuset.cpus']
  const found = names.flatMap((name) =>
    reading(countCpuList(files.read(`${directory}/${name}`) ?? ''), `${directory}/${name}`),
  )
  return found.slice(0, 1)
}

type MemoryReadings = Pick<CgroupReadings, 'memoryLimit' | 'memoryHigh' | 'memoryUsed' | 'memoryHeadroom'>

function readMemory(lineages: Lineage[], files: TextFiles): MemoryReadings {
  const directories = eachDirectory(lineages)
  const limited = directories.flatMap((at) => memoryLimitOf(at, files).map((limit) => ({ at, limit })))
  // Version 1 also states the minimum over its ancestors, those above the mount included.
  const hierarchical = directories.filter(({ version }) => version === 1).slice(0, 1)
  const inherited = hierarchical.flatMap((at) =>
    hierarchicalLimitOf(at, files).map((limit) => ({ at, limit })),
  )
  const all = [...limited, ...inherited]
  const memoryLimit = least(all.map(({ limit }) => limit))
  const limiting = all.find(({ limit }) => limit === memoryLimit)?.at
  const used = [...(limiting ? [limiting] : []), ...directories].flatMap((at) => workingSetOf(at, files))
  return {
    memoryLimit,
    memoryHigh: least(directories.flatMap((at) => memoryHighOf(at, files))),
    memoryUsed: used[0] ?? null,
    memoryHeadroom: least(
      all.flatMap(({ at, limit }) =>
        workingSetOf(at, files).map((set) => ({
          value: Math.max(0, limit.value - set.value),
          source: `${limit.source} minus memory used`,
        })),
      ),
    ),
  }
}

function memoryLimitOf({ version, directory }: CgroupDirectory, files: TextFiles): Reading<number>[] {
  const path = `${directory}/${version === 2 ? 'memory.max' : 'memory.limit_in_bytes'}`
  return reading(parseByteLimit(files.read(path) ?? ''), path)
}

function memoryHighOf({ version, directory }: CgroupDirectory, files: TextFiles): Reading<number>[] {
  const path = `${directory}/memory.high`
  return version === 2 ? reading(parseByteLimit(files.read(path) ?? ''), path) : []
}

function hierarchicalLimitOf({ directory }: CgroupDirectory, files: TextFiles): Reading<number>[] {
  const key = 'hierarchical_memory_limit'
  const bytes = parseStat(files.read(`${directory}/memory.stat`) ?? '', key)
  return reading(bytes === null ? null : parseByteLimit(String(bytes)), `${directory}/memory.stat ${key}`)
}

/** Usage minus inactive file pages, which the kernel gives back before it kills; what Kubernetes calls working set. */
function workingSetOf({ version, directory }: CgroupDirectory, files: TextFiles): Reading<number>[] {
  const path = `${directory}/${version === 2 ? 'memory.current' : 'memory.usage_in_bytes'}`
  const usage = files.read(path)?.trim() ?? ''
  if (!/^\d+$/.test(usage)) return []
  const stat = files.read(`${directory}/memory.stat`) ?? ''
  const inactive = parseStat(stat, version === 2 ? 'inactive_file' : 'total_inactive_file') ?? 0
  return [{ value: Math.max(0, Number(usage) - inactive), source: `${path} minus inactive page cache` }]
}

function reading(value: number | null, source: string): Reading<number>[] {
  return value === null ? [] : [{ value, source }]
}

function describe(lineages: Lineage[]): string {
  if (lineages.length === 0) return 'no cgroup mounted'
  return `${lineages.map(({ directories }) => directories[0]).join(' and ')} and above`
}

function describeHidden({ exact, path, directories }: Lineage): string[] {
  if (exact) return []
  return [
    `The cgroup ${path} is not visible below its mount; limits were read from ${directories[0]} upwards and a tighter one may exist`,
  ]
}
