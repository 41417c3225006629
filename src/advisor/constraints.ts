import type { Constraint, MemoryModel, Workload } from '../result/analysis.js'
import type { Machine } from '../result/machine.js'
import { median } from '../result/median.js'
import type { Trial } from '../result/trial.js'
import { wholeCores } from './formulas.js'
import { ownBytes } from '../result/memory-model.js'
import { roomToGrow, workersHeld, workersText } from './memory.js'
import type { Leak } from './leak.js'
import { probeOf } from './probe-label.js'
import { mebibytes, number, percent, proceedText } from './wording.js'

/** Of the time that an event loop is busy. From here on the collector, not the app, is what to look at first (docs/statistics.md). */
export const GC_BOUND = 0.1
/** Of V8's limit. Above it the collector runs more and more often for less and less. */
const HEAP_NEARLY_FULL = 0.75
/** A leak that fills its room within this time is a limit of the service, whatever else is. */
const LEAK_HOURS = 24
/** Seconds below which a time is not told in minutes. */
const SHORTEST_MINUTES = 90
/** Of the load generator's one thread: what validity.ts calls saturated. */
const GENERATOR_FULL = 0.85
/** Part of the compared trials of which the generator was the limit. */
const OFTEN = 0.25
/** A figure this much above its limit would be above it in another run too. */
const CLEARLY = 1.5

export interface ConstraintContext {
  workload: Workload
  trials: readonly Trial[]
  machine: Pick<Machine, 'effectiveCpus'>
  memory: MemoryModel
  /** What one configuration may use, and that with its source in words. */
  memoryBudget: { bytes: number; text: string }
  /** Largest heap that V8 gives a process here by itself; `null` for servers that are not Node. */
  heapLimitBytes: number | null
  leak: Leak | null
  /** Workers of the answer, their threads, and their requests per second; `null` while nothing is known. */
  answer: { workers: number; threads: number; throughputRps: number } | null
}

/** What limits the app beside its nature. Each applies or is left out; several may apply at a time. */
export function constraintsOf(context: ConstraintContext): Constraint[] {
  return [collecting, tooLarge, heapFull, leaking, behindTheApp, generatorFull]
    .map((rule) => rule(context))
    .filter((constraint) => constraint !== null)
}

/**
 * The part of an event loop's busy time in which it stood still for the collector. `gcShare` is of the CPU of all threads, and the helpers of
 * the collector are among those.
 */
export function pauseShare({ server }: Trial): number | null {
  if (server?.gcShare === undefined) return null
  const { gcShare, cpuSecondsPerRequest: cpu, loopSecondsPerRequest: loop } = server
  const perLoop = cpu === null || loop === null || loop === 0 ? 1 : cpu / loop
  return Math.min(1, gcShare * perLoop)
}

function collecting({ workload, trials }: ConstraintContext): Constraint | null {
  if (workload.limitedBy !== 'cpu' && workload.limitedBy !== 'event-loop') return null
  const share = (trial: Trial | undefined): number | null => (trial === undefined ? null : pauseShare(trial))
  const alone = share(probeOf(trials))
  const overload = share(trials.findLast(({ phase, validity }) => phase === 'saturation' && validity.ok))
  const raced = median(trials.filter(({ block, validity }) => block !== null && validity.ok).map(pauseShare))
  const value = overload ?? raced ?? alone
  if (value === null || value < GC_BOUND) return null
  const agree = [alone, overload, raced].every((one) => one === null || one >= GC_BOUND)
  const sure = agree && overload !== null && value >= CLEARLY * GC_BOUND
  return {
    kind: 'gc-bound',
    confidence: sure ? 'high' : overload === null ? 'low' : 'medium',
    ...{ value, limit: GC_BOUND },
    observed: `the collector stops the event loop for ${percent(value)} of its busy time under overload${alone === null ? '' : `, ${percent(alone)} at one connection`}`,
    raise: sure ? '' : 'node --trace-gc on one worker under load, or a longer budget',
  }
}

function tooLarge({ machine, memory, memoryBudget }: ConstraintContext): Constraint | null {
  const cores = wholeCores(machine.effectiveCpus)
  const held = workersHeld(memory, memoryBudget.bytes)
  if (held >= cores) return null
  const guessed = memory.evidence === 'rule of thumb'
  return {
    ...{ kind: 'memory-bound', cause: 'workers' },
    confidence: guessed ? 'low' : 'high',
    ...{ value: held, limit: cores },
    observed: `${memoryBudget.text} hold ${held === 0 ? 'none' : held} of ${cores} ${cores === 1 ? 'worker' : 'workers'}, one for each core, at ${workersText(memory)}`,
    raise: guessed ? 'a server that tells its memory' : '',
  }
}

/** What a worker uses is an upper bound of its heap: buffers and code are in it too. */
function heapFull({ memory, heapLimitBytes }: ConstraintContext): Constraint | null {
  if (heapLimitBytes === null || memory.evidence === 'rule of thumb') return null
  const used = ownBytes(memory)
  const value = used / heapLimitBytes
  if (value < HEAP_NEARLY_FULL) return null
  return {
    ...{ kind: 'memory-bound', cause: 'heap' },
    confidence: 'medium',
    ...{ value, limit: HEAP_NEARLY_FULL },
    observed: `a worker uses ${mebibytes(used)}, ${percent(value)} of the ${mebibytes(heapLimitBytes)} that V8 gives its heap`,
    raise: 'process.memoryUsage().heapUsed of a worker: buffers count as memory, but not as heap',
  }
}

function leaking({ leak, answer, memoryBudget, memory }: ConstraintContext): Constraint | null {
  if (leak === null || answer === null || answer.throughputRps === 0) return null
  const room = roomToGrow(memoryBudget.bytes, memory, answer)
  const hours = room / (leak.bytesPerRequest * (answer.throughputRps / answer.workers)) / 3600
  if (hours >= LEAK_HOURS) return null
  return {
    ...{ kind: 'memory-bound', cause: 'leak' },
    confidence: 'medium',
    ...{ value: hours, limit: LEAK_HOURS },
    observed: `${number(leak.bytesPerRequest / 1024)} KiB stay behind with every request: at full load a worker's ${mebibytes(room)} of room are gone in ${inTime(hours)}`,
    raise: 'a longer run: caches grow too, but come to an end',
  }
}

function behindTheApp({ workload }: ConstraintContext): Constraint | null {
  const { limitedBy, downstreamConcurrency: proceed, poolThreads, confidence, doubts = [] } = workload
  if (limitedBy !== 'downstream' || proceed === undefined) return null
  return {
    kind: 'downstream-limited',
    confidence,
    ...{ value: proceed, limit: workload.kneeConcurrency ?? 0 },
    observed: `${proceedText(proceed)}, and ${number(workload.kneeConcurrency ?? 0)} under way would fill the cores${poolThreads === undefined ? '' : `; libuv's pool, in which files and DNS look-ups wait, has ${poolThreads} threads as well`}`,
    raise:
      confidence === 'high'
        ? ''
        : [...doubts.map(({ raise }) => raise), 'the figures of the pool or the service behind'].join('; '),
  }
}

function generatorFull({ workload, trials }: ConstraintContext): Constraint | null {
  const compared = trials.filter(({ block }) => block !== null)
  const full = compared.filter(({ validity }) =>
    validity.reasons.some(({ id }) => id === 'generator-saturated'),
  )
  const often = full.length > OFTEN * compared.length
  if (workload.limitedBy !== 'generator' && !often) return null
  const value = Math.max(0, ...trials.map(({ generatorCpu }) => generatorCpu))
  const both = workload.limitedBy === 'generator' && often
  return {
    kind: 'generator-limited',
    confidence: both || compared.length === 0 ? 'high' : 'medium',
    ...{ value, limit: GENERATOR_FULL },
    observed: `the load generator used up to ${percent(value)} of its core${compared.length === 0 ? '' : `, and was the limit of ${full.length} of ${compared.length} trials`}: the app can do more than was measured`,
    raise: '--generators, a machine of its own for the load, or a request that costs the app more',
  }
}

function inTime(hours: number): string {
  const seconds = hours * 3600
  if (seconds < SHORTEST_MINUTES) return `${number(Math.max(1, seconds))} s`
  return hours >= 1 ? `${number(hours)} h` : `${number(hours * 60)} min`
}
