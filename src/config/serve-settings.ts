import { z } from 'zod'
import type { ServeKey } from './serve-config.js'
import { NETWORK_SETTINGS } from './serve-network-settings.js'
import {
  assignments,
  choice,
  fileMode,
  fromText,
  memory,
  seconds,
  text,
  toggle,
  wholeNumber,
  type ServeSetting,
} from './setting-kinds.js'

export type { ServeKey, ServeValues } from './serve-config.js'
export type { ServeSetting } from './setting-kinds.js'

const MAX_WORKERS = 512
const MOST_REQUESTS = 1_000_000_000
const YEAR_SECONDS = 365 * 86_400

/** The one list of settings: flags, environment, config file, messages and docs/settings.md are made from it. */
export const SERVE_SETTINGS: Record<ServeKey, ServeSetting> = {
  bind: {
    flag: 'bind',
    summary: 'address to listen on; repeat it for several, and use port 0 for any free port',
    helpValue: 'HOST:PORT|unix:PATH|fd://N',
    multiple: true,
    env: {
      name: 'PORT',
      own: {
        ...wholeNumber(65_535, 0),
        expects: 'a port from 0 to 65535',
        toText: (port) => `0.0.0.0:${port}`,
      },
    },
    expects: 'HOST:PORT, [IPv6]:PORT, unix:PATH, or fd://N for a socket that the server is started with',
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
    ...choice(['sync', 'threaded', 'async']),
  },
  threads: {
    flag: 'threads',
    summary: 'threads per worker, each with its own event loop and its own copy of the app',
    ...wholeNumber(128),
  },
  workerConnections: {
    flag: 'worker-connections',
    summary: 'connections that one event loop of an async worker holds',
    ...wholeNumber(1_000_000),
  },
  backlog: {
    flag: 'backlog',
    summary: 'connections that may wait in the kernel until a worker is free',
    ...wholeNumber(65_535),
  },
  timeout: {
    flag: 'timeout',
    summary: 'liveness: replace a worker whose event loop is silent for this long; 0 never does',
    ...seconds(),
  },
  requestTimeout: {
    flag: 'request-timeout',
    summary: 'answer 503 in place of an app that takes longer for one request; 0 waits for ever',
    ...seconds(),
  },
  gracefulTimeout: {
    flag: 'graceful-timeout',
    summary: 'time that a worker gets to finish its requests when it is told to go',
    ...seconds(),
  },
  bootTimeout: {
    flag: 'boot-timeout',
    summary: 'time that a worker gets to load the app',
    helpValue: '<seconds>',
    expects: 'a number of seconds from 1 to 86400',
    schema: z.preprocess(fromText, z.number().min(1).max(86_400)),
  },
  keepAlive: {
    flag: 'keep-alive',
    summary: 'how long an idle connection is kept; sync workers keep none',
    ...seconds(),
  },
  headerTimeout: {
    flag: 'header-timeout',
    summary: 'time that a client gets to send the head of a request; 0 waits for ever',
    ...seconds(),
  },
  bodyTimeout: {
    flag: 'body-timeout',
    summary: 'time that a client gets to send a whole request; 0 waits for ever',
    ...seconds(),
  },
  limitRequestLine: {
    flag: 'limit-request-line',
    summary: 'bytes of method, target and version; a longer request line is answered with 414',
    ...wholeNumber(65_536, 128),
  },
  limitRequestFields: {
    flag: 'limit-request-fields',
    summary: 'header fields in a request; more are answered with 431',
    ...wholeNumber(1000),
  },
  limitRequestFieldSize: {
    flag: 'limit-request-field-size',
    summary: 'bytes of one header field, name included; a longer one is answered with 431',
    ...wholeNumber(32_768, 128),
  },
  maxRequests: {
    flag: 'max-requests',
    summary: 'replace a worker soon after it has answered this many requests; 0 never does',
    ...wholeNumber(MOST_REQUESTS, 0),
  },
  maxRequestsJitter: {
    flag: 'max-requests-jitter',
    summary: 'up to this many more, drawn for each worker, so that not all are due at once',
    ...wholeNumber(MOST_REQUESTS, 0),
  },
  maxMemory: {
    flag: 'max-memory',
    summary: 'replace a worker that holds more memory of its own for three seconds; 0 never does',
    ...memory(),
  },
  maxLifetime: {
    flag: 'max-lifetime',
    summary: 'replace a worker that is older, up to a tenth later; 0 never does',
    ...seconds(YEAR_SECONDS),
  },
  restartBudget: {
    flag: 'restart-budget',
    summary: 'replace this many dead workers at once, then at the rate of the budget; 0 sets no limit',
    ...wholeNumber(MOST_REQUESTS, 0),
  },
  restartWindow: {
    flag: 'restart-window',
    summary: 'time in which the whole restart budget comes back',
    helpValue: '<seconds>',
    expects: 'a number of seconds from 1 to 86400',
    schema: z.preprocess(fromText, z.number().min(1).max(86_400)),
  },
  chdir: {
    flag: 'chdir',
    summary: 'directory to serve from; the app and all relative paths of settings begin there',
    ...text('the path of a directory', '<path>'),
  },
  env: {
    flag: 'env',
    summary: 'variable in the environment of the workers; repeat it for several',
    ...assignments(),
  },
  procName: {
    flag: 'proc-name',
    summary: 'name in the titles of the processes, in place of the app',
    ...text('a text', '<name>'),
  },
  pidfile: {
    flag: 'pidfile',
    summary: "file for the parent's process id; refused while the process it names is running",
    ...text('the path of a file', '<path>'),
  },
  umask: {
    flag: 'umask',
    summary: 'mode bits that files and unix sockets made by the server do not get',
    ...fileMode({ optional: true }),
  },
  user: {
    flag: 'user',
    summary: 'user that the workers run as, by name or number; takes root',
    ...text('the name or number of a user', '<user>'),
  },
  group: {
    flag: 'group',
    summary: "group that the workers run as, in place of the user's own",
    ...text('the name or number of a group', '<group>'),
  },
  reportDir: {
    flag: 'report-dir',
    summary: 'directory for reports on workers, written before they are killed for silence',
    ...text('the path of a directory', '<path>'),
  },
  hangStack: {
    flag: 'hang-stack',
    summary:
      'read where a worker hangs before it is killed, over an inspector opened on the loopback address for that moment',
    ...toggle(),
  },
  controlSocket: {
    flag: 'control-socket',
    summary: 'unix socket on which tune ctl talks to the server',
    ...text('the path of a socket', '<path>'),
  },
  controlSocketMode: {
    flag: 'control-socket-mode',
    summary: 'who may open that socket; whoever may can stop the server',
    ...fileMode({ optional: false }),
  },
  controlSocketDisable: {
    flag: 'control-socket-disable',
    summary: 'open no control socket, whatever else names one',
    ...toggle(),
  },
  metricsBind: {
    flag: 'metrics-bind',
    summary: 'address for Prometheus (/metrics) and for probes (/ready)',
    ...text('HOST:PORT', 'HOST:PORT'),
  },
  accessLog: {
    flag: 'access-log',
    summary: 'file for a line per request, or - for stdout; USR1 opens it anew after it was moved',
    ...text('the path of a file, or -', '<path>|-'),
  },
  errorLog: {
    flag: 'error-log',
    summary: "file for the server's own messages, or - for stderr; USR1 opens it anew after it was moved",
    ...text('the path of a file, or -', '<path>|-'),
  },
  accessLogFormat: {
    flag: 'access-log-format',
    summary: "json, or a text with Gunicorn's atoms such as %(h)s %(r)s %(s)s %({host}i)s",
    ...text('json or a text with atoms', 'json|<text>'),
  },
  logLevel: {
    flag: 'log-level',
    summary: 'least severe messages to log',
    ...choice(['debug', 'info', 'warning', 'error', 'critical']),
  },
  ...NETWORK_SETTINGS,
}

export const SERVE_KEYS = Object.keys(SERVE_SETTINGS) as ServeKey[]

/** The environment variable of a setting: `TUNE_WORKER_CLASS` for `--worker-class`. */
export function variableOf(key: ServeKey): string {
  return `TUNE_${SERVE_SETTINGS[key].flag.replaceAll('-', '_').toUpperCase()}`
}
