import { heuristicWorkers } from '../heuristic.js'
import { SAFE_UTILIZATION } from '../../result/question.js'
import { DEFAULT_WORKER_CONNECTIONS, type Configuration } from '../../result/configuration.js'
import { connectionsWithin, DESCRIPTORS_OF_ITS_OWN, descriptorsOf } from '../caps.js'
import { ownBytes } from '../../result/memory-model.js'
import { workersHeld, workersText } from '../memory.js'
import { counted, mebibytes, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'

/** Of the memory limit, for everything that is not the heaps of workers. */
const HEAP_SHARE = 0.75
/** Smaller heaps leave V8 hardly room beside the code and data of an app, and it collects all the time. */
const LEAST_HEAP_MIB = 64
/** Below this a CPU quota that runs out now and then costs nothing that one could measure. */
const THROTTLED = 0.05

/** The rule knows nothing of memory; where it does not fit, that is the first thing to know. */
export function heuristicMemory({ memory, machine, memoryBudget }: RuleContext): KnownFinding | null {
  const workers = heuristicWorkers(machine.effectiveCpus)
  const held = workersHeld(memory, memoryBudget.bytes)
  if (workers <= held) return null
  // Nobody ends a process at a limit that is only asked for.
  const { isAsked } = memoryBudget
  return {
    id: 'TUNE-LIMIT-MEM',
    level: 'warn',
    title: '2N+1 workers do not fit into memory',
    observed: `${memoryBudget.text} hold ${held === 0 ? 'none' : held} of them, at ${workersText(memory)}`,
    rule: `2N+1 = ${workers} workers`,
    advice:
      held === 0
        ? `Not even one fits: ${isAsked ? 'it may take more than --max-memory allows' : 'the kernel may end it under load'}. The rule was measured with one worker; ${isAsked ? 'allow it' : 'give the app'} more memory.`
        : `Do not start that many: ${isAsked ? 'they would take more than --max-memory allows' : 'the kernel would end them under load'}. The rule was measured with as many as fit.`,
    evidence: memory.evidence,
  }
}

/** V8 sizes the heap of each process as if it were alone. */
export function heapPerWorker({
  machine,
  memory,
  recommended,
  heapLimitBytes,
}: RuleContext): KnownFinding | null {
  if (heapLimitBytes === null) return null
  const processes = recommended.workers
  const heaps = processes * recommended.threads
  const room = (HEAP_SHARE * machine.memoryLimitBytes) / heaps
  const fits = heapLimitBytes <= room
  const megabytes = Math.max(16, Math.floor(room / 2 ** 20))
  const used = ownBytes(memory)
  const isExceeded = memory.evidence !== 'rule of thumb' && used > room * recommended.threads
  const tooSmall = !fits && (isExceeded || megabytes < LEAST_HEAP_MIB)
  return {
    id: 'TUNE-LIMIT-HEAP',
    level: fits ? 'ok' : tooSmall ? 'warn' : 'info',
    title: 'Heap for each worker',
    observed: `V8 lets a heap grow to ${mebibytes(heapLimitBytes)}; ${heaps === 1 ? '1 heap has' : `${heaps} heaps share`} ${mebibytes(machine.memoryLimitBytes)}; a worker uses ${mebibytes(used)}`,
    rule: `three quarters of the memory limit, divided by the heaps: ${megabytes} MiB each`,
    advice: fits
      ? 'All heaps at their limit still fit.'
      : tooSmall
        ? `${isExceeded ? 'A worker uses more than that already, buffers included' : `Less than ${LEAST_HEAP_MIB} MiB leaves V8 hardly room to work in`}: start fewer workers, or raise the memory limit, before the heap is limited with --max-old-space-size.`
        : `NODE_OPTIONS=--max-old-space-size=${megabytes} makes a leaking worker collect, and then end, before the kernel ends a healthy one.`,
    evidence: 'rule of thumb',
  }
}

export function openFiles({ machine, recommended, server }: RuleContext): KnownFinding | null {
  const { openFilesLimit } = machine
  // An event loop without a limit of connections opens as many as come.
  const isBounded = server.hasClasses || recommended.workerClass !== 'async'
  if (openFilesLimit === null || !isBounded) return null
  const needed = descriptorsOf(recommended)
  const connections = needed - DESCRIPTORS_OF_ITS_OWN
  const enough = openFilesLimit >= needed
  const isCapped = enough && isCappedBy(openFilesLimit, recommended)
  return {
    id: 'TUNE-LIMIT-FILES',
    level: enough && !isCapped ? 'ok' : 'warn',
    title: 'Open files per process',
    observed: `limit ${openFilesLimit}`,
    rule: `a worker needs up to ${needed}: ${counted(connections, 'connection')} and about ${DESCRIPTORS_OF_ITS_OWN} of its own`,
    advice: isCapped
      ? cappedAdvice(recommended)
      : enough
        ? 'Enough.'
        : `Raise it (ulimit -n ${2 * needed}, LimitNOFILE= in systemd), or accept fewer worker connections.`,
    evidence: 'measured',
  }
}

/** What was fitted to the limit always has enough of it, and would have more connections without it. */
function isCappedBy(
  openFilesLimit: number,
  { workerClass, threads, workerConnections }: Configuration,
): boolean {
  return (
    workerClass === 'async' &&
    workerConnections < DEFAULT_WORKER_CONNECTIONS &&
    workerConnections === connectionsWithin(openFilesLimit, threads)
  )
}

function cappedAdvice(recommended: Configuration): string {
  const uncapped = descriptorsOf({ ...recommended, workerConnections: DEFAULT_WORKER_CONNECTIONS })
  return (
    `The limit is why it has no more than ${counted(recommended.workerConnections, 'worker connection')} a loop. ` +
    `The usual ${DEFAULT_WORKER_CONNECTIONS} take ulimit -n ${uncapped} (LimitNOFILE= in systemd): raise it, and analyze again.`
  )
}

export function backlog({ machine, server }: RuleContext): KnownFinding | null {
  if (machine.somaxconn === null || server.backlog === null) return null
  const { connections: configured } = server.backlog
  const enough = machine.somaxconn >= configured
  return {
    id: 'TUNE-LIMIT-BACKLOG',
    level: enough ? 'ok' : 'warn',
    title: 'Listen backlog',
    observed: `net.core.somaxconn ${machine.somaxconn}`,
    rule: `the kernel cuts the ${server.areDefaults ? 'default' : 'configured'} backlog of ${configured} to somaxconn`,
    advice: enough
      ? 'Enough.'
      : `Set net.core.somaxconn to ${configured}, or expect refused connections in bursts above ${machine.somaxconn}.`,
    evidence: 'measured',
  }
}

/** `os.cpus()` and nproc in a container count the host; that is how 129 workers come to share one core. */
export function hostCores({ machine }: RuleContext): KnownFinding | null {
  const host = machine.facts.find(({ id }) => id === 'cpu.logical')?.value
  if (typeof host !== 'number' || host <= machine.effectiveCpus) return null
  const [mistaken, right] = [heuristicWorkers(host), heuristicWorkers(machine.effectiveCpus)]
  return {
    id: 'TUNE-LIMIT-HOST',
    level: 'warn',
    title: "2N+1 from the host's cores would be a mistake here",
    observed: `${number(machine.effectiveCpus)} CPUs may be used (${machine.effectiveCpusSource}), the host has ${host}`,
    rule: `2N+1 = ${right} with the CPUs that may be used, ${mistaken} with those of the host`,
    advice: `Never derive workers from the host's cores here: ${mistaken} workers would take turns on ${number(machine.effectiveCpus)} CPUs, and hold the memory of ${mistaken}.`,
    evidence: 'measured',
  }
}

export function throttled({ observed: { throttledShare } }: RuleContext): KnownFinding | null {
  if (throttledShare === null) return null
  const often = throttledShare > THROTTLED
  return {
    id: 'TUNE-LIMIT-THROTTLED',
    level: often ? 'warn' : 'ok',
    title: 'CPU quota',
    observed: `the quota ran out in ${percent(throttledShare)} of the periods of the median trial`,
    rule: `at most ${percent(THROTTLED)}`,
    advice: often
      ? 'All threads stop until the next period (100 ms as a rule), which is what the slowest requests wait for. Raise the CPU limit, or run no more loops than the quota has whole CPUs.'
      : 'Hardly ever in the way.',
    evidence: 'measured',
  }
}

/** `null` without a target. How many machines it takes is arithmetic, not measured. */
export function targetRate({
  targetRps,
  expectedRps,
  openLoad,
  workload,
  candidates,
}: RuleContext): KnownFinding | null {
  if (targetRps === null || expectedRps === null || expectedRps === 0) return null
  if (openLoad) return targetWithinObjective(targetRps, expectedRps)
  const safe = SAFE_UTILIZATION * expectedRps
  const carries = safe >= targetRps
  const machines = Math.ceil(targetRps / safe)
  const isDoubtful = candidates.some(
    ({ throughputRps, outcome }) =>
      outcome !== 'invalid' &&
      outcome !== 'recommended' &&
      SAFE_UTILIZATION * (throughputRps?.value ?? 0) >= targetRps,
  )
  return {
    id: 'TUNE-LIMIT-RATE',
    level: carries ? 'ok' : 'warn',
    title: carries
      ? 'The target rate is carried'
      : `The target rate is more than ${isDoubtful ? 'the answer' : 'this machine'} carries`,
    observed: `${number(expectedRps)} requests per second at the limit, C ${number(workload.cpuMsPerRequest)} ms`,
    rule: `${number(targetRps)} requests per second at no more than ${percent(SAFE_UTILIZATION)} of the limit`,
    advice: carries
      ? `It uses ${percent(targetRps / expectedRps)} of what was measured.`
      : `It takes about ${machines} machines like this one, or a request that costs less.${isDoubtful ? ' By its estimate something else carries it here, but not surely, or with more memory than there is: see what was not chosen.' : ''}`,
    evidence: 'modelled',
  }
}

/** Only the target was tried, twice, so how much more would go is not known. */
function targetWithinObjective(targetRps: number, keptRps: number): KnownFinding | null {
  if (keptRps < targetRps) return null
  return {
    id: 'TUNE-LIMIT-RATE',
    level: 'ok',
    title: 'The target rate is carried',
    observed: `${number(keptRps)} requests per second within the objective, by open load, twice`,
    rule: `${number(targetRps)} requests per second within the objective`,
    advice:
      'Only this rate was tried, so how much more it carries is not known: --slo without --target-rate finds that.',
    evidence: 'measured',
  }
}
