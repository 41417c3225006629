import { parseBind, parseListen, SHORTER_SOCKET_PATH, socketPathFault } from './bind.js'
import { ServerError, SERVER_EXIT } from './errors.js'
import { accessFormatter } from './loop/access-format.js'
import { checkNetwork, NETWORK_DEFAULTS, NETWORK_TEXTS, type NetworkSettings } from './network-settings.js'

type ServerWorkerClass = 'sync' | 'threaded' | 'async'
export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

/** Everything the server is told. Durations are seconds; 0 switches a timeout or limit off where it says so. */
export interface ServerSettings extends NetworkSettings {
  /** What to serve: `path[:export]`. */
  app: string
  /** Absolute path of the directory to serve from; relative paths start there. */
  cwd: string
  /** `NAME=VALUE` each, in the environment of the workers beside the arbiter's own. */
  env: string[]
  /** `HOST:PORT`, `[IPv6]:PORT`, `unix:PATH` or `fd://N`. */
  bind: string[]
  workers: number
  workerClass: ServerWorkerClass
  /** Event loops per worker; `sync` has always one. */
  threads: number
  /** Connections that one `async` event loop holds. */
  workerConnections: number
  /** Length of the kernel's queue of connections that no worker has accepted yet. */
  backlog: number
  /** Liveness: a worker with an event loop silent for longer than this is replaced. 0: never. */
  timeoutSeconds: number
  /** How long the app may take to answer one request. 0: for ever. */
  requestTimeoutSeconds: number
  /** How long a worker may take to finish what it has when it is told to go. */
  gracefulTimeoutSeconds: number
  /** How long an idle connection is kept; `sync` keeps none. */
  keepAliveSeconds: number
  /** How long a client may take to send a request's head. 0: for ever. */
  headerTimeoutSeconds: number
  /** How long a client may take to send a whole request. 0: for ever. */
  bodyTimeoutSeconds: number
  /** How long a worker may take to load the app. */
  bootTimeoutSeconds: number
  limitRequestLineBytes: number
  limitRequestFields: number
  limitRequestFieldBytes: number
  /** A worker that has answered so many requests is replaced. 0: never. */
  maxRequests: number
  /** Up to so many more, drawn for each worker, so that not all are due at once. */
  maxRequestsJitter: number
  /** A worker that holds more memory of its own (PSS, or RSS where the kernel does not tell) is replaced. 0: never. */
  maxMemoryBytes: number
  /** A worker that is older is replaced. 0: never. */
  maxLifetimeSeconds: number
  /** So many workers that died are replaced at once; then the budget sets the rate. 0: no limit. */
  restartBudget: number
  /** In this time the whole budget comes back. */
  restartWindowSeconds: number
  /** Stands in the process titles, in place of the app. */
  procName: string | null
  /** File that holds the arbiter's pid. */
  pidfile: string | null
  /** Of files and unix sockets that the server and the app make. */
  umask: number | null
  /** Whom the workers run as, by name or number. */
  user: string | null
  group: string | null
  /** Directory for reports on workers that were killed for silence. */
  reportDir: string | null
  /** May the stack of a worker that hangs be read, through an inspector that is opened on the loopback address for that moment? */
  hangStack: boolean
  /** Unix socket on which the arbiter takes commands. */
  controlSocket: string | null
  /** Mode of that socket. */
  controlSocketMode: number
  /** `HOST:PORT` for metrics and probes. */
  metricsBind: string | null
  /** File for a line per request, `-` for stdout. */
  accessLog: string | null
  /** File for the server's own messages; `null` is stderr. */
  errorLog: string | null
  /** `json`, or a text with Gunicorn's atoms. */
  accessLogFormat: string
  logLevel: LogLevel
}

const WORKER_CLASS_NAMES: readonly ServerWorkerClass[] = ['sync', 'threaded', 'async']
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical']

/** No machine gains from more processes than this; a larger number is a slip of the finger. */
export const MAX_WORKERS = 512
const MAX_THREADS = 128
const DAY_SECONDS = 86_400
/** Less holds no process: bytes were given where megabytes were meant. */
const LEAST_MEMORY_BYTES = 1024 ** 2
/** Apache's combined log format. */
const COMBINED = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'

export const SERVER_DEFAULTS: Omit<ServerSettings, 'app' | 'cwd'> = {
  env: [],
  bind: ['127.0.0.1:8000'],
  workers: 1,
  workerClass: 'sync',
  threads: 1,
  workerConnections: 1000,
  backlog: 2048,
  timeoutSeconds: 30,
  requestTimeoutSeconds: 0,
  gracefulTimeoutSeconds: 30,
  keepAliveSeconds: 5,
  headerTimeoutSeconds: 30,
  bodyTimeoutSeconds: 300,
  bootTimeoutSeconds: 60,
  limitRequestLineBytes: 8190,
  limitRequestFields: 100,
  limitRequestFieldBytes: 8190,
  maxRequests: 0,
  maxRequestsJitter: 0,
  maxMemoryBytes: 0,
  maxLifetimeSeconds: 0,
  restartBudget: 20,
  restartWindowSeconds: 60,
  procName: null,
  pidfile: null,
  umask: null,
  user: null,
  group: null,
  reportDir: null,
  hangStack: true,
  controlSocket: null,
  controlSocketMode: 0o600,
  metricsBind: null,
  accessLog: null,
  errorLog: null,
  accessLogFormat: COMBINED,
  logLevel: 'info',
  ...NETWORK_DEFAULTS,
}

type Named<Type> = {
  [Key in keyof ServerSettings]: ServerSettings[Key] extends Type ? Key : never
}[keyof ServerSettings]
type NumericSetting = Named<number>

interface Range {
  min: number
  max: number
  whole: boolean
}

const SECONDS: Range = { min: 0, max: DAY_SECONDS, whole: false }
const COUNT: Range = { min: 0, max: 1_000_000_000, whole: true }
const MODE: Range = { min: 0, max: 0o777, whole: true }

/** What each number may be. The table is also what help texts and messages are made of. */
export const SETTING_RANGES: Record<NumericSetting, Range> = {
  workers: { min: 1, max: MAX_WORKERS, whole: true },
  threads: { min: 1, max: MAX_THREADS, whole: true },
  workerConnections: { min: 1, max: 1_000_000, whole: true },
  backlog: { min: 1, max: 65_535, whole: true },
  timeoutSeconds: SECONDS,
  requestTimeoutSeconds: SECONDS,
  gracefulTimeoutSeconds: SECONDS,
  keepAliveSeconds: SECONDS,
  headerTimeoutSeconds: SECONDS,
  bodyTimeoutSeconds: SECONDS,
  bootTimeoutSeconds: { ...SECONDS, min: 1 },
  limitRequestLineBytes: { min: 128, max: 65_536, whole: true },
  limitRequestFields: { min: 1, max: 1000, whole: true },
  limitRequestFieldBytes: { min: 128, max: 32_768, whole: true },
  maxRequests: COUNT,
  maxRequestsJitter: COUNT,
  maxMemoryBytes: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
  maxLifetimeSeconds: { ...SECONDS, max: 365 * DAY_SECONDS },
  restartBudget: COUNT,
  restartWindowSeconds: { ...SECONDS, min: 1 },
  controlSocketMode: MODE,
}

const TEXTS = [
  'procName',
  'pidfile',
  'user',
  'group',
  'reportDir',
  'controlSocket',
  'metricsBind',
  'accessLog',
  'errorLog',
  ...NETWORK_TEXTS,
] as const satisfies readonly Named<string | null>[]

/** Event loops that serve in one worker. */
export function loopsPerWorker(settings: ServerSettings): number {
  return settings.workerClass === 'sync' ? 1 : settings.threads
}

/** Requests (`sync`, `threaded`) or connections (`async`) that one event loop takes at the same time. */
export function slotsPerLoop(settings: ServerSettings): number {
  return settings.workerClass === 'async' ? settings.workerConnections : 1
}

/**
 * Fills in the defaults and refuses what cannot work. The settings may come from another process as JSON,
 * so types are checked too.
 *
 * @throws {ServerError} `TUNE_E_SETTING` or `TUNE_E_BIND`, exit 2.
 */
export function checkSettings(given: Partial<ServerSettings> & { app: string }): ServerSettings {
  const settings = { cwd: process.cwd(), ...SERVER_DEFAULTS, ...given }
  for (const [name, range] of Object.entries(SETTING_RANGES) as [NumericSetting, Range][]) {
    checkNumber(name, settings[name], range)
  }
  if (settings.maxMemoryBytes > 0 && settings.maxMemoryBytes < LEAST_MEMORY_BYTES)
    fail(`maxMemoryBytes must be 0 or at least ${LEAST_MEMORY_BYTES}, not ${settings.maxMemoryBytes}`)
  if (typeof settings.app !== 'string' || settings.app === '') fail('app must name a file, "path[:export]"')
  checkChoice('workerClass', settings.workerClass, WORKER_CLASS_NAMES)
  checkChoice('logLevel', settings.logLevel, LOG_LEVELS)
  if (!Array.isArray(settings.bind) || settings.bind.length === 0) fail('bind must hold at least one address')
  settings.bind.forEach(parseListen)
  const twice = settings.bind.find(
    (text, index) => !text.endsWith(':0') && settings.bind.indexOf(text) < index,
  )
  if (twice !== undefined) fail(`bind names ${twice} twice`, 'Leave one of the two out')
  for (const name of TEXTS) checkText(name, settings[name])
  const pathFault = settings.controlSocket === null ? null : socketPathFault(settings.controlSocket)
  if (pathFault !== null) fail(`controlSocket: ${pathFault}: ${settings.controlSocket}`, SHORTER_SOCKET_PATH)
  checkNetwork(settings)
  checkFormat(settings.accessLogFormat)
  if (settings.metricsBind !== null) parseBind(settings.metricsBind)
  if (settings.umask !== null) checkNumber('umask', settings.umask, MODE)
  checkEnvironment(settings.env)
  if (typeof settings.hangStack !== 'boolean') fail('hangStack must be true or false')
  if (settings.workerClass === 'sync' && settings.threads > 1) {
    fail(
      `worker class sync has one thread per worker, not ${settings.threads}`,
      'Use worker class threaded, or leave threads out',
    )
  }
  return settings
}

function checkNumber(name: string, value: unknown, range: Range): void {
  const good = typeof value === 'number' && value >= range.min && value <= range.max
  if (good && (!range.whole || Number.isInteger(value))) return
  const kind = range.whole ? 'a whole number' : 'a number'
  fail(`${name} must be ${kind} from ${range.min} to ${range.max}, not ${JSON.stringify(value)}`)
}

function checkText(name: string, value: unknown): void {
  if (value === null || (typeof value === 'string' && value !== '')) return
  fail(`${name} must be a text that is not empty, not ${JSON.stringify(value)}`)
}

function checkEnvironment(env: unknown): void {
  const good = (item: unknown) => typeof item === 'string' && /^[A-Za-z_]\w*=[^\0]*$/.test(item)
  if (Array.isArray(env) && env.every(good)) return
  fail(`env must be a list of NAME=VALUE, not ${JSON.stringify(env)}`)
}

function checkFormat(format: string): void {
  try {
    accessFormatter(format)
  } catch (error) {
    fail(
      `accessLogFormat: ${error instanceof Error ? error.message : String(error)}`,
      'Use json, or the atoms h l u t r m U q H s B b f a T M D L p, {name}i, {name}o and {NAME}e: %(h)s, %({host}i)s',
    )
  }
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    fail(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`)
}

function fail(message: string, ...suggestions: string[]): never {
  throw new ServerError(message, { code: 'TUNE_E_SETTING', exit: SERVER_EXIT.usage, suggestions })
}
