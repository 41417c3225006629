import type { Machine } from '../../result/machine.js'
import { readCgroups } from './cgroup.js'
import type { Overrides } from './effective.js'
import { applyOverrides, detectEffective } from './effective.js'
import { factsOf, finite } from './facts.js'
import { host as realHost } from './host.js'
import type { Host, ProcessName, TextFiles } from './ports.js'
import { readAll } from './readings.js'
import { textFiles } from './text-files.js'
import { warningsOf } from './warnings.js'

export { environmentReader } from './window.js'
export { reserveCpus } from './reserve-cpus.js'
export { countCpuList } from './parse-proc.js'

export interface DetectOptions extends Overrides {
  /** Where /proc and /sys are read; tests bring trees of text. */
  files?: TextFiles
  host?: Host
  /** Whose affinity, open files and cgroups: this one's unless told otherwise. */
  process?: ProcessName
}

/**
 * Whether the limits of another process can be read from here. Not where its cgroups lie outside of what is mounted here, as those of
 * another container: what is read then are limits of somebody else.
 */
export function seesLimitsOf(pid: number, files: TextFiles = textFiles): boolean {
  const [own, other] = [files.read('/proc/self/cgroup'), files.read(`/proc/${pid}/cgroup`)]
  return own === other || (other !== null && readCgroups(files, pid).hidden.length === 0)
}

/** What this process may really use: affinity, cpuset, cgroup limits (version 1 and 2), memory, descriptors, load. */
export async function detectMachine(options: DetectOptions = {}): Promise<Machine> {
  const { files = textFiles, host = realHost, process = 'self', cpus, memoryBytes } = options
  const overrides = { cpus, memoryBytes }
  const readings = await readAll(files, host, process)
  const detected = detectEffective(readings)
  const effective = applyOverrides(detected, overrides)
  return {
    effectiveCpus: effective.cpus.value,
    effectiveCpusSource: effective.cpus.source,
    memoryLimitBytes: effective.memoryLimit.value,
    memoryLimitSource: effective.memoryLimit.source,
    memoryAvailableBytes: effective.memoryAvailable.value,
    openFilesLimit: readings.openFiles && finite(readings.openFiles.value.soft),
    somaxconn: readings.somaxconn?.value ?? null,
    platform: readings.platform,
    cpuModel: readings.cpuModel.value,
    kernel: readings.kernel,
    nodeVersion: readings.nodeVersion,
    facts: factsOf(readings, overrides),
    warnings: warningsOf(readings, detected, overrides),
  }
}
