import { DEFAULT_WORKER_CONNECTIONS } from '../../result/configuration.js'
import type { Effective, Overrides } from './effective.js'
import type { Readings } from './readings.js'

const MIB = 1024 ** 2
/** One Node process with a small app takes 40 to 60 MiB, so fewer than three workers and an arbiter fit below. */
const SMALL_MEMORY_BYTES = 256 * MIB
/** What an arbiter and one worker take at the least. */
const ONE_WORKER_BYTES = 64 * MIB
/** Work of others on half of the cores moves throughput by more than the differences that matter. */
const HIGH_LOAD_PER_CPU = 0.5
const HIGH_PRESSURE_PERCENT = 10
/** Descriptors of a process beside its connections: listener, epoll, pipes, logs. */
const SPARE_FILES = 64
/** Node's own default backlog. */
const SHORT_ACCEPT_QUEUE = 512

/** What would make a measurement or a setting misleading here. Sentences: what was seen, what follows. */
export function warningsOf(readings: Readings, detected: Effective, overrides: Overrides): string[] {
  return [
    ...overrideWarnings(detected, overrides),
    ...cpuWarnings(readings, detected),
    ...memoryWarnings(readings, overrides.memoryBytes ?? detected.memoryLimit.value),
    ...limitWarnings(readings),
    ...noiseWarnings(readings),
    ...readings.cgroups.hidden,
  ]
}

function overrideWarnings(detected: Effective, { cpus, memoryBytes }: Overrides): string[] {
  const warnings: string[] = []
  if (cpus !== undefined && cpus > detected.cpus.value)
    warnings.push(
      `--cpus ${cpus} is more than the ${plain(detected.cpus.value)} that this process may use: advice for ${cpus} cannot be measured here`,
    )
  if (memoryBytes !== undefined && memoryBytes > detected.memoryLimit.value)
    warnings.push(
      `--memory ${mebibytes(memoryBytes)} is more than the ${mebibytes(detected.memoryLimit.value)} that this process may use`,
    )
  return warnings
}

function cpuWarnings(
  { affinity, availableParallelism, cgroups, logicalCpus }: Readings,
  detected: Effective,
): string[] {
  const warnings: string[] = []
  const quota = cgroups.cpuQuota
  if (quota && quota.value < 1)
    warnings.push(
      `The CPU quota of ${plain(quota.value)} is below one core: the kernel stops every process of the cgroup for part of each period, and latencies get pauses that no number of workers removes`,
    )
  if (affinity && affinity.value < logicalCpus.value)
    warnings.push(
      `This process may run on ${affinity.value} of ${logicalCpus.value} CPUs only (affinity), and so may every worker that it starts`,
    )
  if (availableParallelism.value > Math.ceil(detected.cpus.value))
    warnings.push(
      `Node itself reports ${availableParallelism.value} CPUs: libraries that size themselves by it start more than ${plain(detected.cpus.value)} can run`,
    )
  return warnings
}

/** @param limitBytes what is counted on, be it found or told. */
function memoryWarnings({ cgroups }: Readings, limitBytes: number): string[] {
  const warnings: string[] = []
  if (limitBytes < ONE_WORKER_BYTES)
    warnings.push(
      `The memory limit of ${mebibytes(limitBytes)} does not hold a single worker: a Node process with a small app takes 40 to 60 MiB, and the arbiter comes on top`,
    )
  else if (limitBytes < SMALL_MEMORY_BYTES)
    warnings.push(
      `The memory limit of ${mebibytes(limitBytes)} is below 256 MiB: it holds two or three small Node processes`,
    )
  if (cgroups.memoryHigh && cgroups.memoryHigh.value < limitBytes)
    warnings.push(
      `Beyond ${mebibytes(cgroups.memoryHigh.value)} (memory.high) the kernel slows this cgroup down, before its limit of ${mebibytes(limitBytes)} is reached`,
    )
  return warnings
}

function limitWarnings({ openFiles, somaxconn }: Readings): string[] {
  const warnings: string[] = []
  if (openFiles && openFiles.value.soft < DEFAULT_WORKER_CONNECTIONS + SPARE_FILES)
    warnings.push(
      `The open-file limit of ${openFiles.value.soft} is too low for the ${DEFAULT_WORKER_CONNECTIONS} connections that an async worker may hold: raise it (ulimit -n)`,
    )
  if (somaxconn && somaxconn.value < SHORT_ACCEPT_QUEUE)
    warnings.push(
      `net.core.somaxconn is ${somaxconn.value}: the kernel cuts every backlog to it, and bursts beyond are dropped`,
    )
  return warnings
}

function noiseWarnings({ cpuPressure, governor, loadAverage, logicalCpus }: Readings): string[] {
  const warnings: string[] = []
  const load = loadAverage.value[0]
  if (load > logicalCpus.value * HIGH_LOAD_PER_CPU)
    warnings.push(
      `The load average is ${load.toFixed(2)} on ${logicalCpus.value} CPUs before anything was started: measurements will be noisy`,
    )
  if (cpuPressure && cpuPressure.value > HIGH_PRESSURE_PERCENT)
    warnings.push(
      `Tasks waited for a CPU in ${cpuPressure.value.toFixed(0)} % of the last 10 s: something else is busy here`,
    )
  if (governor && governor.value !== 'performance')
    warnings.push(
      `The frequency governor is "${governor.value}": the clock follows the load, so short trials vary`,
    )
  return warnings
}

function mebibytes(bytes: number): string {
  return `${plain(bytes / MIB)} MiB`
}

function plain(value: number): string {
  return String(Number(value < 1 ? value.toPrecision(2) : value.toFixed(2)))
}
