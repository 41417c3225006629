import { loopsOf, type Configuration } from '../../result/configuration.js'
import type { Recycle } from '../../result/recycle.js'
import type { ServerName } from '../../result/server.js'

/** Settings of the bundled server that the rules judge, as the app would be served with them. 0 seconds is no limit. */
export interface ServedSettings {
  backlog: number
  keepAliveSeconds: number
  timeoutSeconds: number
  requestTimeoutSeconds: number
  maxRequests: number
  maxRequestsJitter: number
}

/** What the rules may say of a server, in its own words. `null`: it has no such setting, or nobody knows it. */
export interface ServerTraits {
  language: 'node' | 'python' | null
  /** The values are the server's defaults: what the user has set is not known. */
  areDefaults: boolean
  /** It has the classes sync, threaded and async, and takes --max-requests and --worker-connections. */
  hasClasses: boolean
  backlog: { setting: string; connections: number } | null
  keepAlive: { setting: string; seconds: number } | null
  /** Silence after which a worker is replaced. */
  timeoutSeconds: number | null
  /** Time after which a request is given up. */
  requestTimeoutSeconds: number | null
  /** After how many requests a worker is replaced. */
  recycling: Recycle | null
}

const UNKNOWN: ServerTraits = {
  ...{ language: null, areDefaults: true, hasClasses: false, backlog: null, keepAlive: null },
  ...{ timeoutSeconds: null, requestTimeoutSeconds: null, recycling: null },
}

/** Defaults that Node documents for `http.Server` and `server.listen()`. */
const NODE: ServerTraits = {
  ...UNKNOWN,
  language: 'node',
  backlog: { setting: 'the backlog of server.listen()', connections: 511 },
  keepAlive: { setting: 'keepAliveTimeout of the HTTP server', seconds: 5 },
}

/** Defaults of Gunicorn's settings. */
const GUNICORN: ServerTraits = {
  ...UNKNOWN,
  ...{ language: 'python', hasClasses: true, timeoutSeconds: 30 },
  backlog: { setting: '--backlog', connections: 2048 },
  keepAlive: { setting: '--keep-alive', seconds: 2 },
}

/** @param served what the bundled server would run with; of other servers only defaults are known */
export function traitsOf(name: ServerName, served: ServedSettings): ServerTraits {
  switch (name) {
    case 'bundled':
      return {
        ...{ language: 'node', areDefaults: false, hasClasses: true },
        backlog: { setting: '--backlog', connections: served.backlog },
        keepAlive: { setting: '--keep-alive', seconds: served.keepAliveSeconds },
        timeoutSeconds: served.timeoutSeconds,
        requestTimeoutSeconds: served.requestTimeoutSeconds,
        recycling: { maxRequests: served.maxRequests, maxRequestsJitter: served.maxRequestsJitter },
      }
    case 'gunicorn':
      return GUNICORN
    case 'node-cluster':
    case 'pm2':
      return NODE
    case 'command':
    case 'url':
      return UNKNOWN
  }
}

/**
 * Loops that compute at the same time. Threads of Node have an isolate each, those of Python share a lock, and of a language that
 * is not known only processes are certain.
 */
export function computingLoops(configuration: Configuration, { language }: ServerTraits): number {
  return language === 'node' ? loopsOf(configuration) : configuration.workers
}
