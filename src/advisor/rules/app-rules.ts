import { DEFAULT_THREAD_POOL, type Configuration } from '../../result/configuration.js'
import { recycleFlags, replacesAsSoon } from '../../result/recycle.js'
import { wholeCores } from '../formulas.js'
import { roomToGrow } from '../memory.js'
import { slowEachOther } from '../../result/slowed.js'
import { assumedWaitPerCpu } from '../model.js'
import { growthAtEdge, sharedLimitOf, type SharedLimit } from '../shared-limit.js'
import { inWords, mebibytes, milliseconds, number, percent, proceedText } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import type { ServerTraits } from './server-traits.js'

/** Workers are recycled at half of the growth that memory has room for. */
const RECYCLE_AT = 0.5

/** What `2N+1` takes for granted about the app, against what was measured. */
export function waitPerCpu({ workload, machine }: RuleContext): KnownFinding | null {
  const { cpuMsPerRequest: cpu, waitMsPerRequest: wait } = workload
  if (cpu === 0) return null
  const assumed = assumedWaitPerCpu(machine.effectiveCpus)
  const ratio = wait / cpu
  const near = ratio >= assumed / 2 && ratio <= 2 * assumed
  return {
    id: 'TUNE-RULE-WC',
    level: 'info',
    title: 'What 2N+1 assumes of the app',
    observed: `W/C ${number(ratio)}: ${milliseconds(wait)} waiting, ${milliseconds(cpu)} CPU`,
    rule: `2N+1 one-at-a-time workers are exactly N(1 + W/C) where W/C = 1 + 1/N = ${number(assumed)}`,
    advice: `2N+1 assumes W/C ${number(assumed)}, measured ${number(ratio)}: ${
      near
        ? 'about right.'
        : ratio < assumed
          ? 'fewer workers fill the cores.'
          : 'it takes more one-at-a-time workers, or an event loop that holds the waiting.'
    }`,
    evidence: 'measured',
  }
}

export function slowest({ observed: { slowestUs }, server }: RuleContext): KnownFinding | null {
  const [limit] = timeoutsOf(server).toSorted((a, b) => a.seconds - b.seconds)
  if (slowestUs === null || limit === undefined) return null
  const near = slowestUs / 1e6 > limit.seconds / 2
  const mayBound = server.requestTimeoutSeconds === 0
  return {
    id: 'TUNE-TIME-SLOWEST',
    level: near ? 'warn' : 'ok',
    title: 'Timeouts',
    observed: `the slowest request of all trials took ${milliseconds(slowestUs / 1000)}, queueing included`,
    rule: `well below the ${server.areDefaults ? 'default of ' : ''}${limit.seconds} s after which ${limit.then}`,
    advice: near
      ? `Raise ${limit.setting} and the timeouts before this server, or let fewer requests in at a time.`
      : `Room enough.${mayBound ? ' A --request-timeout of a few times this bounds what one bad request can hold.' : ''}`,
    evidence: 'measured',
  }
}

interface Timeout {
  setting: string
  seconds: number
  then: string
}

function timeoutsOf({ timeoutSeconds, requestTimeoutSeconds }: ServerTraits): Timeout[] {
  const all = [
    { setting: '--timeout', seconds: timeoutSeconds ?? 0, then: 'a silent worker is replaced' },
    { setting: '--request-timeout', seconds: requestTimeoutSeconds ?? 0, then: 'a request is answered 503' },
  ]
  return all.filter(({ seconds }) => seconds > 0)
}

/** UV_THREADPOOL_SIZE is a setting of the process, so it has to be in its environment before it starts. */
export function threadPool({ workload, machine, recommended, server }: RuleContext): KnownFinding | null {
  if (server.language !== 'node') return null
  if (workload.class !== 'offloop-cpu' && workload.limitedBy !== 'thread-pool') return null
  const cores = wholeCores(machine.effectiveCpus)
  const size = recommended.threadPool ?? DEFAULT_THREAD_POOL
  const threads = recommended.workers * size
  const enough = threads >= cores
  return {
    id: 'TUNE-APP-POOL',
    level: enough ? 'info' : 'warn',
    title: "CPU is spent outside of the event loop, in libuv's thread pool or in other threads or processes",
    observed: `${recommended.workers} × ${size} threads of libuv's pool for ${number(machine.effectiveCpus)} CPUs; who computes is not known`,
    rule: 'where it is the pool, as many threads over all processes as there are CPUs; waiting in it (files, DNS) may need more',
    advice: enough
      ? 'If it is the pool (crypto, zlib, files, DNS), its threads are enough to use every CPU. Worker threads of its own the app has to size itself.'
      : `If it is the pool (crypto, zlib, files, DNS), start it with UV_THREADPOOL_SIZE=${Math.ceil(cores / recommended.workers)}: it can only be set in the environment. Worker threads of its own the app has to size itself.`,
    evidence: 'modelled',
  }
}

/** What waited in libuv's pool proceeds, as a larger one of the answer has shown. */
export function hasLargerPool({ workload, recommended, action }: RuleContext): boolean {
  const { poolThreads } = workload
  return action !== 'inconclusive' && poolThreads !== undefined && (recommended.threadPool ?? 0) > poolThreads
}

export function downstream(context: RuleContext): KnownFinding | null {
  const { workload, recommended } = context
  const { downstreamConcurrency: pool, poolThreads } = workload
  const shared = sharedLimitIn(context)
  if (workload.class !== 'downstream' || pool === undefined) return null
  if (slowEachOther(workload)) return slowed(pool, recommended)
  return {
    id: 'TUNE-APP-DOWNSTREAM',
    level: 'warn',
    title: 'Something behind the app is the limit',
    observed: `${proceedText(pool)} while CPU and event loop have room`,
    rule: 'the app, not a queue behind it, should be what is full',
    advice: hasLargerPool(context)
      ? `With ${recommended.threadPool} threads in libuv's pool instead of ${poolThreads}, more requests proceed: they wait in it, for files or DNS look-ups. UV_THREADPOOL_SIZE, which is part of the answer, is the cure.`
      : shared !== null
        ? `${shared.evidence}: a pool in each process is not it, and no setting here helps. Let the service behind take more at a time, or make its answers faster, fewer, or cached.`
        : `If that is a pool in the app, make it larger: that is cheaper than processes. ${standing(context)}${beyondEdge(context)} ` +
          'If it is the service behind, no setting here helps: make its answers faster, fewer, or cached.' +
          orLibuv(poolThreads),
    evidence: 'measured',
  }
}

/** A limit that the race has shown to lie behind all workers together. */
export function sharedLimitIn({ workload, machine, candidates }: RuleContext): SharedLimit | null {
  return sharedLimitOf({ workload, candidates, effectiveCpus: machine.effectiveCpus })
}

function standing({ recommended, action }: RuleContext): string {
  const [was, stays] = recommended.workers === 1 ? ['was', 'stays'] : ['were', 'stay']
  const outcome = { change: `${was} chosen`, keep: stays, inconclusive: `${stays} while nothing is decided` }
  return `As it is now, ${inWords(recommended)} ${outcome[action]}.`
}

/** Where a rate is enough, or a rate within an objective was looked for, more is not what was asked. */
function beyondEdge({ workload, machine, candidates, targetRps, openLoad }: RuleContext): string {
  if (targetRps !== null || openLoad) return ''
  const grew = growthAtEdge({ workload, candidates, effectiveCpus: machine.effectiveCpus })
  if (grew === null) return ''
  return ` ${grew}: each process has a limit of its own, and more of them would probably carry more (--candidate measures them).`
}

/** Less than one at a time is no size of a pool. */
function slowed(atATime: number, recommended: Configuration): KnownFinding {
  return {
    id: 'TUNE-APP-DOWNSTREAM',
    level: 'warn',
    title: 'Requests slow each other down',
    observed: `${proceedText(atATime)}, while CPU and event loop have room`,
    rule: 'requests that wait together take no longer than alone',
    advice:
      'Look for what they contend for: a lock, rows of a table, a service that answers many slower than few. Until then fewer at a time get more done: ' +
      `let a balancer send each of ${inWords(recommended)} no more than it needs.`,
    evidence: 'measured',
  }
}

function orLibuv(poolThreads: number | undefined): string {
  if (poolThreads === undefined) return ''
  return ` libuv's pool has ${poolThreads} threads as well: if requests wait for files or DNS look-ups, UV_THREADPOOL_SIZE in the environment is what to raise.`
}

export function fails({ observed: { failing }, server }: RuleContext): KnownFinding | null {
  if (failing === null) return null
  const { connections, configuration, share, how } = failing
  return {
    id: 'TUNE-APP-FAILS',
    level: 'warn',
    title: 'The app fails under load',
    observed: `${percent(share)} of the requests of ${connections} clients to ${inWords(configuration)} failed (${how.join(', ')})`,
    rule: 'an app that answers one client well answers many well, only later',
    advice:
      'Find what it runs out of: a pool without a queue, a limit of its own, a service behind. Trials in which it failed decided nothing.' +
      (server.hasClasses
        ? ' Workers that take one request at a time (sync, threaded) keep the others waiting in the backlog instead.'
        : ''),
    evidence: 'measured',
  }
}

const LEAK_FINDERS = {
  node: ' (node --heapsnapshot-signal=SIGUSR2)',
  python: ' (tracemalloc)',
  other: '',
}

export function leak({
  observed: { leak: found },
  memory,
  memoryBudget,
  recommended,
  server,
}: RuleContext): KnownFinding | null {
  if (found === null) return null
  const room = roomToGrow(memoryBudget.bytes, memory, recommended)
  const leak = {
    id: 'TUNE-APP-LEAK',
    level: 'warn',
    title: 'Memory grows with every request',
    observed: `${number(found.bytesPerRequest / 1024)} KiB a request over ${found.requests} requests to ${found.target}`,
    rule: 'no steady growth beyond 1 KiB a request after the first trial',
    evidence: 'measured',
  } as const
  const find = `Find the leak${LEAK_FINDERS[server.language ?? 'other']}.`
  if (room === 0)
    return {
      ...leak,
      advice: `${find} Memory leaves its workers no room to grow, so that recycling does not help: take fewer.`,
    }
  const requests = Math.max(100, Math.floor((RECYCLE_AT * room) / found.bytesPerRequest))
  const needed = { maxRequests: requests, maxRequestsJitter: Math.ceil(requests / 10) }
  const present = server.recycling
  // Flags come before the config file, so what is copied from the report must not make its workers wait.
  const isRecycled = present !== null && replacesAsSoon(present, needed)
  const recycle = isRecycled ? present : needed
  const how = isRecycled
    ? `What is set, ${recycleFlags(present)}, replaces workers soon enough until then: half of the ${mebibytes(room)} that a worker has room for takes ${requests} requests.`
    : `Until then recycle workers${server.hasClasses ? `: ${recycleFlags(recycle)}` : ` after about ${requests} requests each`}, at half of the ${mebibytes(room)} that a worker has room for.`
  const longest = recycle.maxRequests + recycle.maxRequestsJitter
  const growthBytes = recommended.workers * longest * found.bytesPerRequest
  return { ...leak, advice: `${find} ${how}`, recycle: { ...recycle, growthBytes } }
}
