import { pbkdf2, pbkdf2Sync } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

const KEY_BYTES = 32
const DIGEST = 'sha256'
const neverNotified = new Int32Array(new SharedArrayBuffer(4))
const pbkdf2Async = promisify(pbkdf2)

/**
 * CPU work on the event loop. One PBKDF2 iteration is the unit of work: native code without allocation, so its cost
 * depends neither on the JIT nor on garbage, and the same work exists off the loop.
 */
export function compute(iterations: number): void {
  if (iterations >= 1) pbkdf2Sync('tune', 'workload', Math.round(iterations), KEY_BYTES, DIGEST)
}

/** The same work in libuv's thread pool. */
export async function computeOffLoop(iterations: number): Promise<void> {
  if (iterations >= 1) await pbkdf2Async('tune', 'workload', Math.round(iterations), KEY_BYTES, DIGEST)
}

/** Waits; the event loop is free. */
export async function wait(ms: number): Promise<void> {
  if (ms > 0) await setTimeout(ms)
}

/** Waits without using CPU; the event loop is held. */
export function block(ms: number): void {
  if (ms > 0) Atomics.wait(neverNotified, 0, 0, ms)
}
