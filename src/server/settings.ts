import { ServerError, SERVER_EXIT } from './errors.js'
import { parseBind } from './bind.js'

type ServerWorkerClass = 'sync' | 'threaded' | 'async'
export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

/** Everything the server is told. Durations are seconds; 0 switches `timeoutSeconds` off. */
export interface ServerSettings {
  /** What to serve: `path[:export]`. */
  app: string
  /** Directory that relative paths of the app start from. */
  cwd: string
  /** `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`. */
  bind: string[]
  workers: number
  workerClass: ServerWorkerClass
  /** Event loops per worker; `sync` has always one. */
  threads: number
  /** Connections that one `async` event loop holds. */
  workerConnections: number
  /** Length of the kernel's queue of connections that no worker has accepted yet. */
  backlog: number
  /** Liveness: a worker with an event loop silent for longer than this is replaced. */
  timeoutSeconds: number
  /** How long a worker may take to finish what it has when it is told to go. */
  gracefulTimeoutSeconds: number
  /** How long an idle connection is kept; `sync` keeps none. */
  keepAliveSeconds: number
  /** How long a worker may take to load the app. */
  bootTimeoutSeconds: number
  logLevel: LogLevel
}

const WORKER_CLASS_NAMES: readonly ServerWorkerClass[] = ['sync', 'threaded', 'async']
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical']

/** No machine gains from more processes than this; a larger number is a slip of the finger. */
export const MAX_WORKERS = 512
const MAX_THREADS = 128

export const SERVER_DEFAULTS: Omit<ServerSettings, 'app' | 'cwd'> = {
  bind: ['127.0.0.1:8000'],
  workers: 1,
  workerClass: 'sync',
  threads: 1,
  workerConnections: 1000,
  backlog: 2048,
  timeoutSeconds: 30,
  gracefulTimeoutSeconds: 30,
  keepAliveSeconds: 5,
  bootTimeoutSeconds: 60,
  logLevel: 'info',
}

type NumericSetting = {
  [Key in keyof ServerSettings]: ServerSettings[Key] extends number ? Key : never
}[keyof ServerSettings]

interface Range {
  min: number
  max: number
  whole: boolean
}

/** What each number may be. The table is also what help texts and messages are made of. */
export const SETTING_RANGES: Record<NumericSetting, Range> = {
  workers: { min: 1, max: MAX_WORKERS, whole: true },
  threads: { min: 1, max: MAX_THREADS, whole: true },
  workerConnections: { min: 1, max: 1_000_000, whole: true },
  backlog: { min: 1, max: 65_535, whole: true },
  timeoutSeconds: { min: 0, max: 86_400, whole: false },
  gracefulTimeoutSeconds: { min: 0, max: 86_400, whole: false },
  keepAliveSeconds: { min: 0, max: 86_400, whole: false },
  bootTimeoutSeconds: { min: 1, max: 86_400, whole: false },
}

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
  if (typeof settings.app !== 'string' || settings.app === '') fail('app must name a file, "path[:export]"')
  checkChoice('workerClass', settings.workerClass, WORKER_CLASS_NAMES)
  checkChoice('logLevel', settings.logLevel, LOG_LEVELS)
  if (!Array.isArray(settings.bind) || settings.bind.length === 0) fail('bind must hold at least one address')
  settings.bind.forEach(parseBind)
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

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    fail(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`)
}

function fail(message: string, ...suggestions: string[]): never {
  throw new ServerError(message, { code: 'TUNE_E_SETTING', exit: SERVER_EXIT.usage, suggestions })
}
