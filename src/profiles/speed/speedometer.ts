import { Worker } from 'node:worker_threads'
import { mean, median } from 'simple-statistics'
import { allowedCpus } from '../machine/affinity.js'
import { parseCpuList } from '../machine/parse-proc.js'
import { monotonicMs } from '../../result/monotonic-clock.js'
import { SWITCH, type ThreadOrders } from './orders.js'
import { sharesCores } from './topology.js'
import { Track } from './track.js'

/** On larger machines some CPUs stand for all. */
const MOST_CPUS = 8
/** A neighbour on the same core costs less. What took so many times the median was interrupted, and tells of the scheduler. */
const INTERRUPTED = 2
/** Fewer in a window tell too little of a CPU. */
const FEWEST_PIECES = 5

/**
 * Implements the `Speedometer` port: times a fixed piece of work while something else runs, by one thread on each CPU that this process may
 * use. Cores of a virtual machine are as a rule threads of cores, and who runs on the other thread of one decides how fast it is: here the
 * same work took 1.65 times as long, for some tenths of a second at a time, and nothing the kernel counts shows it.
 *
 * @param effectiveCpus that the process may use; where a quota leaves less than the CPUs are, their speed is not what decides
 * @param generatorCpus that load comes from, as the kernel lists CPUs; `null` where it comes from the same ones
 * @returns `null` then, where a thread cannot be bound to a CPU, and where the CPUs share cores with each other: the load that is measured
 *   would be taken for a neighbour.
 */
export async function createSpeedometer({
  effectiveCpus,
  generatorCpus = null,
}: {
  effectiveCpus: number
  generatorCpus?: string | null
}) {
  const cpus = [...(allowedCpus() ?? [])]
  const loading = parseCpuList(generatorCpus ?? '') ?? []
  if (cpus.length === 0 || cpus.length > effectiveCpus || sharesCores([...cpus, ...loading])) return null
  const power = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const threads = spread(cpus, MOST_CPUS).map((cpu) => startThread(cpu, power))
  const turn = (to: number): void => {
    Atomics.store(power, 0, to)
    Atomics.notify(power, 0)
  }
  const stop = async (): Promise<void> => {
    turn(SWITCH.ended)
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }
  const bound = await Promise.all(threads.map(({ ready }) => ready))
  if (bound.includes(false)) {
    await stop()
    return null
  }
  const tracks = threads.map(({ track }) => track)
  return {
    /** As in the port; the instants are those of `performance.now()`. */
    start() {
      const offsetMs = monotonicMs() - performance.now()
      turn(SWITCH.on)
      return (fromMs: number, toMs: number): number | null => {
        turn(SWITCH.off)
        const pieces = tracks.map((track) => track.between(fromMs + offsetMs, toMs + offsetMs))
        return pieces.some(({ length }) => length < FEWEST_PIECES) ? null : meanPieceUs(pieces)
      }
    },
    stop,
  }
}

/** Geometric mean over the CPUs of the mean piece of each, interrupted ones left out. */
export function meanPieceUs(pieces: readonly (readonly number[])[]): number {
  const typical = pieces.map((durations) => {
    const longest = INTERRUPTED * median([...durations])
    return Math.log(mean(durations.filter((duration) => duration <= longest)))
  })
  return Math.exp(mean(typical))
}

function startThread(cpu: number, power: Int32Array) {
  const buffer = new SharedArrayBuffer(Track.bytes)
  const orders: ThreadOrders = { cpu, track: buffer, power }
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: orders,
    // Nothing is inherited that would change how fast it runs.
    execArgv: [],
  })
  worker.unref()
  const ready = new Promise<boolean>((resolve) => {
    worker.once('message', (message) => {
      resolve(message === 'ready')
    })
    worker.once('error', () => {
      resolve(false)
    })
    worker.once('exit', () => {
      resolve(false)
    })
  })
  return { worker, ready, track: new Track(buffer) }
}

/** So many of them, evenly. */
function spread(cpus: readonly number[], most: number): number[] {
  const step = Math.max(1, cpus.length / most)
  return Array.from(
    { length: Math.min(most, cpus.length) },
    (_, index) => cpus[Math.floor(index * step)] ?? 0,
  )
}
