import { compute } from './work.js'

/** Environment variable that carries the calibration to the workers. */
export const ITERATIONS_PER_MS = 'TUNE_WORKLOAD_ITERATIONS_PER_MS'

const BATCH_ITERATIONS = 10_000
const BATCHES = 30

/**
 * Environment for the processes that serve a workload. Call it once, before any of them starts and while the machine is
 * otherwise idle: "10 ms of CPU" then is one fixed amount of work for every worker of every configuration, which takes
 * longer when workers compete for cores. A loop that spins until 10 ms have passed would do less work instead.
 * Takes about 0.1 s.
 */
export function calibrate(): Record<string, string> {
  return { [ITERATIONS_PER_MS]: measureIterationsPerMs().toFixed(1) }
}

/**
 * Iterations of `compute` per ms of CPU. Both clocks can only read too much: the process's CPU time holds other threads,
 * the wall clock holds the time without a core. The lower quartile leaves out what disturbed a batch, without
 * betting on a single lucky one.
 */
export function measureIterationsPerMs(): number {
  compute(BATCH_ITERATIONS)
  const batches = Array.from({ length: BATCHES }, () => batchMs()).sort((a, b) => a - b)
  const typical = batches[Math.floor(BATCHES / 4)] ?? Number.NaN
  return BATCH_ITERATIONS / typical
}

function batchMs(): number {
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  compute(BATCH_ITERATIONS)
  const cpu = process.cpuUsage(startCpu)
  const wallMs = performance.now() - startMs
  const cpuMs = (cpu.user + cpu.system) / 1000
  return cpuMs > 0 ? Math.min(cpuMs, wallMs) : wallMs
}
