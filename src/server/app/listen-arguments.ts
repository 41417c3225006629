/** What a call of `server.listen(...)` asks for. */
export interface ListenRequest {
  port: number | null
  host: string | null
  /** Unix socket. */
  path: string | null
  signal: AbortSignal | null
  callback: (() => void) | null
}

/**
 * Reads every form: `(port, host, backlog, cb)` with any of them left out, `(path, backlog, cb)`, `(options, cb)`, `(cb)`.
 * A missing port is `null`; 0 is a port that was asked for.
 */
export function parseListen(args: readonly unknown[]): ListenRequest {
  const last = args.at(-1)
  const callback = typeof last === 'function' ? (last as () => void) : null
  const [first, second] = args
  const options = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {}
  const where = typeof first === 'object' ? options.port : first
  const host = typeof first === 'object' ? options.host : second
  const port = toPort(where)
  const pipe = typeof first === 'object' ? options.path : port === null ? first : null
  return {
    port,
    host: typeof host === 'string' ? host : null,
    path: typeof pipe === 'string' ? pipe : null,
    signal: options.signal instanceof AbortSignal ? options.signal : null,
    callback,
  }
}

/** Node takes numbers and strings of digits (`process.env.PORT`) for ports. */
function toPort(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' && Number(value) >= 0 ? Number(value) : null
}
