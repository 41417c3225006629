import type { MemoryModel } from '../result/analysis.js'
import { memoryModel, type MemoryReading } from './memory.js'

/** What a run has read of the memory of its servers, so far. */
export interface MemoryReadings {
  /** One worker after the requests of one connection. */
  fresh: MemoryReading
  /** The same one after overload. */
  loaded: MemoryReading
  /** Of a server that has been up for longer: an arbiter has 55 MiB of its own at first, and 36 after ten seconds. */
  settled?: Pick<MemoryReading, 'arbiterPssBytes' | 'apart'>
  /** Workers of several threads. */
  threaded?: MemoryReading
}

/**
 * A worker grows under overload by what its heap takes, which is the worker's, and by what stays behind with every request, which is not: of an app that
 * leaks 97 KiB a request a probe left 863 MiB in a worker of 60. Which of the two it was shows later (leak.ts); so much growth is suspicious.
 */
const SUSPICIOUS = { bytes: 96 * 2 ** 20, ratio: 2 }

/**
 * The memory model by all that was read.
 *
 * @param leaks whether memory was seen to grow with the requests; `null` where it is too early to know
 */
export function modelOf(
  readings: MemoryReadings,
  leaks: boolean | null,
  budgetBytes: number,
  threadsLoadApp: boolean,
): MemoryModel {
  const { fresh, loaded, settled, threaded = null } = readings
  const mayLeak = leaks ?? isSuspicious(readings)
  const single = mayLeak ? fresh : loaded
  return memoryModel(
    settled === undefined ? single : withArbiterOf(single, settled),
    // What threads have kept of their requests is not what a thread takes.
    mayLeak ? null : threaded,
    budgetBytes,
    threadsLoadApp,
  )
}

/** Whether a worker grew by so much under overload that it may have been a leak. */
export function isSuspicious({ fresh, loaded }: MemoryReadings): boolean {
  const [before, after] = [fresh.workersPssBytes, loaded.workersPssBytes]
  if (before === null || after === null) return false
  return after - before > SUSPICIOUS.bytes && after > SUSPICIOUS.ratio * before
}

/** The reading with the arbiter of another one. What cannot be told of either stays as it was. */
function withArbiterOf(
  reading: MemoryReading,
  { arbiterPssBytes, apart }: Pick<MemoryReading, 'arbiterPssBytes' | 'apart'>,
): MemoryReading {
  if (reading.apart === undefined || apart === undefined) return reading
  return {
    ...reading,
    arbiterPssBytes: arbiterPssBytes ?? reading.arbiterPssBytes,
    apart: { ...reading.apart, arbiterBytes: apart.arbiterBytes },
  }
}
