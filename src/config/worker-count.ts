import { EXIT, TuneError } from '../result/error.js'
import type { Machine } from '../result/machine.js'

/** More processes than this per core only take turns. Generous: the classic rule asks for two or three. */
const MOST_PER_CPU = 64
/** An idle Node process with a small app holds at least this much memory of its own. */
const LEAST_WORKER_BYTES = 24 * 1024 * 1024

type Limits = Pick<Machine, 'effectiveCpus' | 'memoryLimitBytes'>

/**
 * The number of workers that a setting means on this machine; `auto` is one per CPU that may be used.
 *
 * @throws {TuneError} `TUNE_E_SETTING`, exit 2, when the machine cannot hold them.
 */
export function workerCount(setting: number | 'auto', origin: string, machine: Limits): number {
  const { effectiveCpus, memoryLimitBytes } = machine
  if (setting === 'auto') return Math.max(1, Math.round(effectiveCpus))
  const byCpu = Math.max(1, Math.floor(MOST_PER_CPU * Math.max(1, effectiveCpus)))
  const byMemory = Math.max(1, Math.floor(memoryLimitBytes / LEAST_WORKER_BYTES))
  if (setting <= Math.min(byCpu, byMemory)) return setting
  const cpus = Number(effectiveCpus.toFixed(2))
  const why =
    byCpu <= byMemory
      ? `${byCpu} is the most for ${cpus} CPUs (${MOST_PER_CPU} for each)`
      : `${byMemory} is the most that ${Math.round(memoryLimitBytes / 1024 ** 2)} MiB of memory can hold`
  throw new TuneError(`${origin} ${setting} is more than this machine can use: ${why}`, {
    code: 'TUNE_E_SETTING',
    exit: EXIT.usage,
    suggestions: ['Use auto for one worker per CPU, or let tune analyze measure the best number'],
  })
}
