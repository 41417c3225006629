import { z } from 'zod'

/** Everything `tune serve` can be told, as users write it. Durations are seconds. */
export interface ServeConfig {
  /** `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`; several are served at once. */
  bind?: string | string[]
  /** A number, or `auto` for one per CPU that may be used. */
  workers?: number | 'auto'
  workerClass?: 'sync' | 'threaded' | 'async'
  threads?: number
  workerConnections?: number
  backlog?: number
  timeout?: number
  gracefulTimeout?: number
  keepAlive?: number
  logLevel?: 'debug' | 'info' | 'warning' | 'error' | 'critical'
}

/** The same with every value in its final form. */
export type ServeValues = Omit<Required<ServeConfig>, 'bind'> & { bind: string[] }

export type ServeKey = keyof ServeConfig

export interface ServeSetting {
  /** Name without dashes, e.g. `worker-class`. */
  flag: string
  summary: string
  /** Placeholder in the help. */
  helpValue: string
  multiple?: true
  /** Environment variable that sets it, and how its text becomes a value of the flag. */
  env?: { name: string; toText?: (text: string) => string }
  /** What a value must be, to end the sentence "--x must be …". */
  expects: string
  /** Takes the native value of a config file as well as the text of a flag. */
  schema: z.ZodType
}

/** Text of flags and variables to a number; what is no plain number stays text, and so is refused. */
const fromText = (value: unknown) =>
  typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value

function wholeNumber(max: number, min = 1): Pick<ServeSetting, 'expects' | 'schema'> {
  return {
    expects: `a whole number from ${min} to ${max}`,
    schema: z.preprocess(fromText, z.int().min(min).max(max)),
  }
}

function seconds(): Pick<ServeSetting, 'expects' | 'schema' | 'helpValue'> {
  return {
    helpValue: '<seconds>',
    expects: 'a number of seconds from 0 to 86400',
    schema: z.preprocess(fromText, z.number().min(0).max(86_400)),
  }
}

function choice(
  options: readonly [string, ...string[]],
): Pick<ServeSetting, 'expects' | 'schema' | 'helpValue'> {
  return {
    helpValue: options.join('|'),
    expects: `one of ${options.join(', ')}`,
    schema: z.enum(options),
  }
}

const MAX_WORKERS = 512

/** The one list of settings: flags, environment, config file and messages are made from it. */
export const SERVE_SETTINGS: Record<ServeKey, ServeSetting> = {
  bind: {
    flag: 'bind',
    summary: 'address to listen on; repeat it for several, and use port 0 for any free port',
    helpValue: 'HOST:PORT|unix:PATH',
    multiple: true,
    env: { name: 'PORT', toText: (port) => `0.0.0.0:${port}` },
    expects: 'HOST:PORT, [IPv6]:PORT or unix:PATH',
    schema: z.preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z.array(z.string()).min(1),
    ),
  },
  workers: {
    flag: 'workers',
    summary: 'worker processes, or auto for one per CPU that may be used',
    helpValue: 'N|auto',
    env: { name: 'WEB_CONCURRENCY' },
    expects: `a whole number from 1 to ${MAX_WORKERS}, or auto`,
    schema: z.preprocess(fromText, z.union([z.literal('auto'), z.int().min(1).max(MAX_WORKERS)])),
  },
  workerClass: {
    flag: 'worker-class',
    summary: 'one request per worker, one per thread, or many connections per event loop',
    env: { name: 'TUNE_WORKER_CLASS' },
    ...choice(['sync', 'threaded', 'async']),
  },
  threads: {
    flag: 'threads',
    summary: 'threads per worker, each with its own event loop and its own copy of the app',
    helpValue: 'N',
    env: { name: 'TUNE_THREADS' },
    ...wholeNumber(128),
  },
  workerConnections: {
    flag: 'worker-connections',
    summary: 'connections that one event loop of an async worker holds',
    helpValue: 'N',
    env: { name: 'TUNE_WORKER_CONNECTIONS' },
    ...wholeNumber(1_000_000),
  },
  backlog: {
    flag: 'backlog',
    summary: 'connections that may wait in the kernel until a worker is free',
    helpValue: 'N',
    ...wholeNumber(65_535),
  },
  timeout: {
    flag: 'timeout',
    summary: 'replace a worker whose event loop is silent for this long; 0 never does',
    ...seconds(),
  },
  gracefulTimeout: {
    flag: 'graceful-timeout',
    summary: 'time that a worker gets to finish its requests when it is told to go',
    ...seconds(),
  },
  keepAlive: {
    flag: 'keep-alive',
    summary: 'how long an idle connection is kept; sync workers keep none',
    ...seconds(),
  },
  logLevel: {
    flag: 'log-level',
    summary: 'least severe messages to log',
    ...choice(['debug', 'info', 'warning', 'error', 'critical']),
  },
}

export const SERVE_KEYS = Object.keys(SERVE_SETTINGS) as ServeKey[]
