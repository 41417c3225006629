import { pbkdf2Sync } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { monotonicMs } from '../../result/monotonic-clock.js'
import { bindTask } from '../machine/affinity.js'
import { SWITCH, type ThreadOrders } from './orders.js'
import { Track } from './track.js'

// Times a fixed piece of work on one CPU, again and again, for as long as it is switched on. It needs no event loop: it sleeps on the switch.

/**
 * Native code that keeps the execution units busy: what another thread of the same core takes shows in it, 23 us alone and 38 us beside one for
 * a tenth of this. Code that waits for its own results would show nothing.
 */
const ITERATIONS = 1000
const PAUSE_MS = 20
/** So it takes 2 % of a CPU at most, however slow that is. */
const PAUSE_PER_PIECE = 49

const { cpu, track: buffer, power } = workerData as ThreadOrders
const track = new Track(buffer)

if (bindTask(thisTask(), [cpu])) serve()
else parentPort?.postMessage('unbound')

function serve(): void {
  // Compiled, and in the caches.
  for (let count = 0; count < 10; count++) piece()
  const pauseMs = Math.max(PAUSE_MS, PAUSE_PER_PIECE * shortestMs())
  parentPort?.postMessage('ready')
  for (;;) {
    Atomics.wait(power, 0, SWITCH.off)
    while (Atomics.wait(power, 0, SWITCH.on, pauseMs) === 'timed-out') {
      const startMs = monotonicMs()
      piece()
      const tookMs = monotonicMs() - startMs
      track.add(startMs, tookMs * 1000)
    }
    if (Atomics.load(power, 0) === SWITCH.ended) return
  }
}

/** One that was interrupted must not make the pauses longer. */
function shortestMs(): number {
  let shortest = Infinity
  for (let count = 0; count < 10; count++) {
    const startMs = monotonicMs()
    piece()
    shortest = Math.min(shortest, monotonicMs() - startMs)
  }
  return shortest
}

function piece(): void {
  pbkdf2Sync('tune', 'speed', ITERATIONS, 32, 'sha256')
}

/** This thread alone. */
function thisTask(): string {
  return readlinkSync('/proc/thread-self').split('/').at(-1) ?? ''
}
