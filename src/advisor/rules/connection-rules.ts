import { loopsOf, type Configuration } from '../../result/configuration.js'
import { DESCRIPTORS_OF_ITS_OWN } from '../caps.js'
import { FALL, limitOfEach } from '../falling.js'
import { counted, inWords, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import { loopRoomOf } from './loop-room.js'

/** What balancers commonly keep an idle connection for. */
const BALANCER_SECONDS = 60
/** Answers with a connection of their own; below this it is idle connections that time out. */
const OFTEN_REOPENED = 0.05
/** The app, and no chance, ends connections: what the server does with idle ones hardly matters then. */
const MOSTLY_REOPENED = 0.5

/** Worker connections against what keeps one loop busy: beyond it they only queue, below it they starve it. */
export function loopRoom(context: RuleContext): KnownFinding | null {
  const { workload, recommended, machine } = context
  const room = loopRoomOf(context)
  if (room === null) return null
  const { requests: fills, isByRate, isEnough: enough } = room
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

/** Beyond the best point every further client costs throughput: no queue does that, so the requests hinder each other. */
export function fewerConnections({
  observed: { falling },
  recommended,
  server,
}: RuleContext): KnownFinding | null {
  if (falling === null) return null
  const { configuration, best, last } = falling
  const lost = percent(1 - last.throughputRps / best.throughputRps)
  const loops = loopsOf(recommended)
  const each = server.hasClasses ? limitOfEach(falling, recommended) : null
  const clients = counted(best.connections, 'client')
  return {
    id: 'TUNE-CONN-FALLS',
    level: 'warn',
    title: 'Throughput falls with more connections',
    observed: `${inWords(configuration)}: ${number(best.throughputRps)} requests per second with ${clients}, ${number(last.throughputRps)} with ${last.connections}`,
    rule: `more connections than fill it only queue: less than ${percent(FALL)} below the highest`,
    advice:
      `It carries most with about ${clients}, and ${lost} less with ${last.connections}. ` +
      (each !== null
        ? `Limit it with --worker-connections ${each} ${loops === 1 ? 'for its event loop' : `for each of ${loops} event loops`}, behind a balancer that shares its connections among clients: the others then wait in the backlog, and clients that keep idle connections of their own would hold the places.`
        : `Let a balancer send it no more than ${counted(best.connections, 'request')} at a time.`),
    evidence: 'measured',
  }
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

export function keepAlive({ recommended, server, observed }: RuleContext): KnownFinding | null {
  if (server.keepAlive === null) return null
  const { setting, seconds } = server.keepAlive
  const closes = recommended.workerClass === 'sync'
  const appCloses = !closes && (observed.reopened?.share ?? 0) >= MOSTLY_REOPENED
  const isForever = seconds === 0
  const isLong = isForever || seconds > BALANCER_SECONDS
  return {
    id: 'TUNE-CONN-KEEPALIVE',
    level: 'info',
    title: 'Keep-alive',
    observed: closes
      ? 'sync closes every connection'
      : appCloses
        ? 'the app closes most connections itself, so few are ever idle'
        : isForever
          ? 'idle connections are kept until the client closes them'
          : `idle connections are kept for ${seconds} s${server.areDefaults ? ' by default' : ''}`,
    rule: 'the server keeps idle connections for longer than whatever stands before it',
    advice: closes
      ? 'Let the balancer open a connection for each request; its own keep-alive gains nothing here, as every answer ends its connection.'
      : appCloses
        ? 'Idle times matter once the app leaves its connections open; until then let the balancer open a connection for each request.'
        : isLong
          ? `Longer than the ${BALANCER_SECONDS} s that are common: see that the balancer gives up an idle connection before this server does.`
          : `Behind a balancer whose idle timeout is longer (${BALANCER_SECONDS} s is common) raise ${setting} above it, or it will send requests into connections that are just being closed.`,
    evidence: 'rule of thumb',
  }
}

/** Seen from outside: clients that keep their connection should have to open it once. */
export function reopened({ observed: { reopened: seen }, recommended }: RuleContext): KnownFinding | null {
  // An answer of sync closes them all, whatever the app does beside other classes.
  if (seen === null || recommended.workerClass === 'sync') return null
  const often = seen.share > OFTEN_REOPENED
  return {
    id: 'TUNE-CONN-REOPENED',
    level: often ? 'warn' : 'ok',
    title: often ? 'Connections are opened again and again' : 'Connections are kept',
    observed: `${seen.connects} connections of ${seen.clients} clients for ${seen.answers} answers of servers with room for all of them: opened again for ${percent(seen.share)} of the answers`,
    rule: `at most ${percent(OFTEN_REOPENED)}`,
    advice: often
      ? 'The app closes connections after its answers (a Connection: close header, or bodies that are not read): each costs a handshake, with TLS a dear one, and a local port for a minute.'
      : 'Clients with keep-alive open theirs once, or nearly.',
    evidence: 'measured',
  }
}
