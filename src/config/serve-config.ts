/** Everything `tune serve` can be told, as users write it. Durations are seconds; `null` is "not set". */
export interface ServeConfig {
  /** `HOST:PORT`, `[IPv6]:PORT`, `unix:PATH` or `fd://N`; several are served at once. */
  bind?: string | string[]
  /** A number, or `auto` for one per CPU that may be used. */
  workers?: number | 'auto'
  workerClass?: 'sync' | 'threaded' | 'async'
  threads?: number
  workerConnections?: number
  backlog?: number
  timeout?: number
  requestTimeout?: number
  gracefulTimeout?: number
  bootTimeout?: number
  keepAlive?: number
  headerTimeout?: number
  bodyTimeout?: number
  limitRequestLine?: number
  limitRequestFields?: number
  limitRequestFieldSize?: number
  maxRequests?: number
  maxRequestsJitter?: number
  /** Bytes, or a text such as `512m`. */
  maxMemory?: number | string
  maxLifetime?: number
  restartBudget?: number
  restartWindow?: number
  /** Directory that the app and relative paths begin in. */
  chdir?: string | null
  /** Of the workers: `NAME=VALUE` each, or an object. */
  env?: string[] | Record<string, string | number | boolean>
  procName?: string | null
  pidfile?: string | null
  umask?: number | string | null
  user?: string | null
  group?: string | null
  reportDir?: string | null
  hangStack?: boolean
  controlSocket?: string | null
  /** A number is the mode itself, a text is octal. */
  controlSocketMode?: number | string
  controlSocketDisable?: boolean
  metricsBind?: string | null
  accessLog?: string | null
  errorLog?: string | null
  accessLogFormat?: string
  logLevel?: 'debug' | 'info' | 'warning' | 'error' | 'critical'
  /** PEM file of the certificate and its chain; switches TLS on. */
  certfile?: string | null
  /** PEM file of its key, when that is not in `certfile`. */
  keyfile?: string | null
  /** PEM file of the authorities that client certificates must come from. */
  caCerts?: string | null
  certReqs?: 'none' | 'optional' | 'required'
  tlsMinVersion?: 'TLSv1.2' | 'TLSv1.3'
  tlsMaxVersion?: 'TLSv1.2' | 'TLSv1.3'
  ciphers?: string | null
  /** Addresses, networks, or `*`. */
  forwardedAllowIps?: string | string[]
  /** `NAME=VALUE` each. */
  secureSchemeHeaders?: string | string[]
  proxyProtocol?: 'off' | 'v1' | 'v2' | 'auto'
  proxyAllowIps?: string | string[]
}

/** Settings that take several values. */
type ListKey = 'bind' | 'env' | 'forwardedAllowIps' | 'secureSchemeHeaders' | 'proxyAllowIps'

/** The same with every value in its final form. */
export type ServeValues = Omit<Required<ServeConfig>, ListKey | 'maxMemory' | 'umask' | 'controlSocketMode'> &
  Record<ListKey, string[]> & {
    maxMemory: number
    umask: number | null
    controlSocketMode: number
  }

export type ServeKey = keyof ServeConfig
