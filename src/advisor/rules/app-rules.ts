import { DESCRIPTORS_OF_ITS_OWN } from '../caps.js'
import { DEFAULT_THREAD_POOL, type Configuration } from '../../result/configuration.js'
import { wholeCores } from '../formulas.js'
import { roomToGrow } from '../memory.js'
import { assumedWaitPerCpu, loopNeed } from '../model.js'
import { SAFE_UTILIZATION } from '../policy.js'
import { growthAtEdge, sharedLimitOf, type SharedLimit } from '../shared-limit.js'
import { inWords, mebibytes, milliseconds, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import type { ServerTraits } from './server-traits.js'

/** What balancers commonly keep an idle connection for. */
const BALANCER_SECONDS = 60
/** Answers with a connection of their own; below this it is idle connections that time out. */
const OFTEN_REOPENED = 0.05
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

/** Worker connections against what keeps one loop busy: beyond it they only queue, below it they starve it. */
export function loopRoom({
  workload,
  recommended,
  server,
  machine,
  targetRps,
}: RuleContext): KnownFinding | null {
  const need = loopNeed(workload, recommended, targetRps === null ? null : targetRps / SAFE_UTILIZATION)
  if (recommended.workerClass !== 'async' || need === null || !server.hasClasses) return null
  const { requests: fills, isByRate } = need
  const enough = recommended.workerConnections >= 2 * fills
  const isKnown = workload.confidence !== 'low'
  return {
    id: 'TUNE-CONN-LOOP',
    level: enough ? 'ok' : isKnown ? 'warn' : 'info',
    title: 'Worker connections',
    observed: `${recommended.workerConnections} a loop; ${fills} ${fills === 1 ? 'request' : 'requests'} under way ${isByRate ? 'in each at the target rate' : `${fills === 1 ? 'fills' : 'fill'} one`}`,
    rule: 'at least twice the requests that fill a loop, so that idle keep-alive connections do not starve it',
    advice: enough
      ? isByRate
        ? 'Not the limit at that rate.'
        : `Not the limit. Connections beyond ${2 * fills} a loop only queue in the worker instead of the backlog.`
      : isKnown
        ? raiseConnections(2 * fills, recommended, machine.openFilesLimit)
        : `What fills a loop follows from a probe of low confidence: measure for longer before --worker-connections is raised beyond ${recommended.workerConnections}.`,
    evidence: 'modelled',
  }
}

/** The loops of a process share its files. */
function raiseConnections(
  wanted: number,
  { workerConnections, threads }: Configuration,
  openFilesLimit: number | null,
): string {
  const most = Math.floor(((openFilesLimit ?? Infinity) - DESCRIPTORS_OF_ITS_OWN) / threads)
  if (wanted <= most) return `Raise --worker-connections to ${wanted}.`
  const first =
    most > workerConnections ? `Raise --worker-connections to ${most}, all that` : 'These are all that'
  const needed = wanted * threads + DESCRIPTORS_OF_ITS_OWN
  return `${first} the limit of ${openFilesLimit} open files lets a loop have; ${wanted} take ulimit -n ${needed}.`
}

export function listenDrops({ observed: { listenDrops: drops }, server }: RuleContext): KnownFinding | null {
  if (drops === 0) return null
  const raise = `Raise net.core.somaxconn and ${server.backlog?.setting ?? 'the backlog of the server'}`
  return {
    id: 'TUNE-CONN-DROPS',
    level: 'warn',
    title: 'Connections were lost at a full listen queue',
    observed: `${drops} in the whole run`,
    rule: 'none',
    advice: server.hasClasses ? `${raise}, or serve with a class that holds more connections.` : `${raise}.`,
    evidence: 'measured',
  }
}

export function keepAlive({ recommended, server }: RuleContext): KnownFinding | null {
  if (server.keepAlive === null) return null
  const { setting, seconds } = server.keepAlive
  const closes = recommended.workerClass === 'sync'
  const isForever = seconds === 0
  const isLong = isForever || seconds > BALANCER_SECONDS
  return {
    id: 'TUNE-CONN-KEEPALIVE',
    level: 'info',
    title: 'Keep-alive',
    observed: closes
      ? 'sync closes every connection'
      : isForever
        ? 'idle connections are kept until the client closes them'
        : `idle connections are kept for ${seconds} s${server.areDefaults ? ' by default' : ''}`,
    rule: 'the server keeps idle connections for longer than whatever stands before it',
    advice: closes
      ? 'Let the balancer open a connection for each request; its own keep-alive gains nothing here, as every answer ends its connection.'
      : isLong
        ? `Longer than the ${BALANCER_SECONDS} s that are common: see that the balancer gives up an idle connection before this server does.`
        : `Behind a balancer whose idle timeout is longer (${BALANCER_SECONDS} s is common) raise ${setting} above it, or it will send requests into connections that are just being closed.`,
    evidence: 'rule of thumb',
  }
}

/** Seen from outside: clients that keep their connection should have to open it once. */
export function reopened({ observed: { reopened: seen } }: RuleContext): KnownFinding | null {
  if (seen === null) return null
  const often = seen.share > OFTEN_REOPENED
  return {
    id: 'TUNE-CONN-REOPENED',
    level: often ? 'warn' : 'ok',
    title: often ? 'Connections are opened again and again' : 'Connections are kept',
    observed: `${seen.connects} connections of ${seen.clients} clients for ${seen.answers} answers of servers with room for all of them: opened again for ${percent(seen.share)} of the answers`,
    rule: `at most ${percent(OFTEN_REOPENED)}`,
    advice: often
      ? 'The app closes connections after its answers (a Connection: close header, or bodies that are not read): each costs a handshake, with TLS a dear one, and a local port for a minute.'
      : 'Clients with keep-alive open theirs once.',
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
    level: enough ? 'ok' : 'warn',
    title: 'The work runs beside the event loop',
    observed: `${recommended.workers} x ${size} pool threads for ${number(machine.effectiveCpus)} CPUs`,
    rule: 'as many threads over all processes as there are CPUs; waiting in the pool (files, DNS) may need more, processes that the app starts take none',
    advice: enough
      ? 'Enough to use every CPU. File and DNS work shares the same threads, so watch those if there is much of it.'
      : `Start it with UV_THREADPOOL_SIZE=${Math.ceil(cores / recommended.workers)}: it can only be set in the environment.`,
    evidence: 'measured',
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
  return {
    id: 'TUNE-APP-DOWNSTREAM',
    level: 'warn',
    title: 'Something behind the app is the limit',
    observed: `about ${number(pool)} requests of one worker proceed at a time while CPU and event loop have room`,
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
  machine,
  memory,
  recommended,
  server,
}: RuleContext): KnownFinding | null {
  if (found === null) return null
  const room = roomToGrow(machine, memory, recommended.workers)
  const requests = Math.max(100, Math.floor((RECYCLE_AT * room) / found.bytesPerRequest))
  return {
    id: 'TUNE-APP-LEAK',
    level: 'warn',
    title: 'Memory grows with every request',
    observed: `${number(found.bytesPerRequest / 1024)} KiB a request over ${found.requests} requests to ${found.target}`,
    rule: 'no steady growth beyond 1 KiB a request after the first trial',
    advice: `Find the leak${LEAK_FINDERS[server.language ?? 'other']}. Until then recycle workers${server.hasClasses ? `: --max-requests ${requests} --max-requests-jitter ${Math.ceil(requests / 10)}` : ` after about ${requests} requests each`}, at half of the ${mebibytes(room)} that a worker has room for.`,
    evidence: 'measured',
  }
}
