import type { LoadSpec } from '../result/load.js'
import { routesOf } from '../result/request.js'
import type { LoadOutcome } from '../result/trial.js'
import { monotonicMs } from '../result/monotonic-clock.js'
import { GeneratorHandle } from './generator-handle.js'
import { mergeMeasurements, splitConnections } from './outcome.js'

/** Ahead of the start, so that every process has its orders before the common instant. */
const START_LEAD_MS = 10

/** A generator that works this hard is about to be the limit: the next trial gets one more process, where there may be one. */
const BUSY_CORES = 0.7

export interface GeneratorOptions {
  /** Generator processes to begin with. One does about 100,000 requests per second and takes a core for it. */
  processes?: number
  /** May grow to so many when they turn out to be the limit; as many as `processes` by default, so that nothing grows. */
  mostProcesses?: number
  /** CPUs that they may use, such as `0,2-3`; all with `null`. */
  cpus?: string | null
}

/** Half of the cores at most: what the generators take, the server lacks. */
export function mostGenerators(effectiveCpus: number): number {
  return Math.max(1, Math.floor(effectiveCpus / 2))
}

/**
 * Implements the `LoadGenerator` port: load from processes of its own, which are kept from trial to trial until `stop`.
 * One that dies fails its trial and is replaced for the next.
 */
export function createLoadGenerator({
  processes = 1,
  mostProcesses = processes,
  cpus = null,
}: GeneratorOptions = {}) {
  // At once, not with the first trial: a generator that is still starting would leave the target idle in it.
  const generators = Array.from({ length: processes }, () => new GeneratorHandle(cpus))
  let busy = false

  async function run(spec: LoadSpec, signal: AbortSignal): Promise<LoadOutcome> {
    signal.throwIfAborted()
    if (busy) throw new Error('one trial at a time: the generator is still running the last one')
    const shares = splitConnections(spec.connections, Math.max(1, generators.length))
    const team = shares.map((_, index) => (generators[index] = living(generators[index], cpus)))
    const { promise: aborted, release } = rejectOnAbort(signal)
    busy = true
    try {
      await Promise.race([Promise.all(team.map((generator) => generator.started())), aborted])
      const startAtMs = monotonicMs() + START_LEAD_MS
      const measurements = team.map((generator, index) =>
        generator.measure(shareOf(spec, shares[index] ?? 1, index), startAtMs),
      )
      const parts = await Promise.race([Promise.all(measurements), aborted])
      const drains = team.map((generator) => generator.drain(spec))
      const late = await Promise.race([Promise.all(drains), aborted])
      const names = routesOf(spec.request).map(({ name }) => name)
      const merged = mergeMeasurements(parts, spec.connections, names)
      const outcome = {
        ...merged,
        answers: late.reduce((sum, answers) => sum + answers, merged.answers ?? 0),
      }
      // Between trials, never within one: the warm-up before the first block is where it is found out as a rule.
      if (needsOneMore(outcome, spec.connections, mostProcesses)) generators.push(new GeneratorHandle(cpus))
      return outcome
    } finally {
      release()
      // Whatever happened, no load is left on the target.
      await Promise.all(team.map((generator) => generator.stop()))
      busy = false
    }
  }

  async function stop(): Promise<void> {
    await Promise.all(generators.splice(0).map((generator) => generator.kill()))
  }

  return { run, stop }
}

/** Whether the generators of this trial were nearly the limit, and one more may help: one without a connection would not. */
export function needsOneMore(
  { generatorCpu, generators = 1 }: Pick<LoadOutcome, 'generatorCpu' | 'generators'>,
  connections: number,
  mostProcesses: number,
): boolean {
  return generatorCpu > BUSY_CORES && generators < Math.min(mostProcesses, connections)
}

/** What one of several processes does. Each sends its own order of a mix, or they would send the same request in step. */
function shareOf(spec: LoadSpec, connections: number, index: number): LoadSpec {
  const { mix } = spec.request
  const request =
    mix === undefined ? spec.request : { ...spec.request, mix: { ...mix, seed: mix.seed + index } }
  return { ...spec, request, connections }
}

/** The generator, or one in its place on the same CPUs. */
function living(generator: GeneratorHandle | undefined, cpus: string | null): GeneratorHandle {
  return generator?.alive ? generator : new GeneratorHandle(cpus)
}

function rejectOnAbort(signal: AbortSignal): { promise: Promise<never>; release: () => void } {
  const released = new AbortController()
  const promise = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true, signal: released.signal })
  })
  promise.catch(() => undefined)
  return { promise, release: () => released.abort() }
}
