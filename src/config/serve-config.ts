/** Everything `tune serve` can be told, as users write it. Durations are seconds; `null` is "not set". */
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
  pidfile?: string | null
  umask?: number | string | null
  user?: string | null
  group?: string | null
  reportDir?: string | null
  controlSocket?: string | null
  metricsBind?: string | null
  accessLog?: string | null
  accessLogFormat?: string
  logLevel?: 'debug' | 'info' | 'warning' | 'error' | 'critical'
}

/** The same with every value in its final form. */
export type ServeValues = Omit<Required<ServeConfig>, 'bind' | 'maxMemory' | 'umask'> & {
  bind: string[]
  maxMemory: number
  umask: number | null
}

export type ServeKey = keyof ServeConfig
