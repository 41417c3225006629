import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from './ports.js'

/** `lscpu` is done in 0.1 s; this is for machines where it hangs or where the CPU quota is tiny. */
const PROCESSOR_TIMEOUT_MS = 5000

/** The machine that this process runs on. */
export const host: Host = {
  platform: process.platform,
  kernel: os.release(),
  nodeVersion: process.version,
  cpuModels: () => os.cpus().map((cpu) => cpu.model),
  availableParallelism: () => os.availableParallelism(),
  totalMemoryBytes: () => os.totalmem(),
  freeMemoryBytes: () => os.freemem(),
  loadAverage: () => os.loadavg(),
  processor,
}

async function processor(): ReturnType<Host['processor']> {
  const unknown = { physicalCores: null, model: null }
  const timer = new AbortController()
  try {
    // Imported here: loading it costs 27 ms that no other command should pay.
    const { default: systeminformation } = await import('systeminformation')
    const timeout = sleep(PROCESSOR_TIMEOUT_MS, null, { signal: timer.signal, ref: false }).catch(() => null)
    const cpu = await Promise.race([systeminformation.cpu(), timeout])
    if (cpu === null) return unknown
    const model = `${cpu.manufacturer} ${cpu.brand}`.trim()
    // Without lscpu the library takes one thread per core for granted, and leaves the vendor empty.
    const guessed = process.platform === 'linux' && cpu.vendor === ''
    return {
      physicalCores: guessed || !(cpu.physicalCores > 0) ? null : cpu.physicalCores,
      model: model || null,
    }
  } catch {
    return unknown
  } finally {
    timer.abort()
  }
}
