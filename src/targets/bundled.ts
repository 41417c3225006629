import { fileURLToPath } from 'node:url'
import { performance } from 'node:perf_hooks'
import { configurationEnvironment, type Configuration } from '../result/configuration.js'
import type { TargetCounters } from '../result/counters.js'
import type { Address } from '../result/request.js'
import { readCounters } from './bundled-counters.js'
import { ServerHandle } from './server-handle.js'

const PROGRAM = fileURLToPath(new URL('../server/server-process.js', import.meta.url))
/** Between trials nothing is under way, so an orderly stop is short; what hangs then is not worth waiting for. */
const GRACEFUL_SECONDS = 2

export interface BundledTargetOptions {
  label: string
  workload: string | null
  configuration: Configuration
  /** `path[:export]`, relative to `cwd`. */
  app: string
  cwd: string
  /** Added to the environment of the app. */
  env?: Record<string, string>
  /** `HOST:PORT` or `unix:PATH`; by default a free port of the loopback. */
  bind?: string
  backlog?: number
  /** Program that speaks the server's protocol instead of the bundled one. */
  program?: string
}

/** The bundled server while it is up. */
export interface RunningBundled {
  readonly address: Address
  /** What the loader found. */
  readonly app: { kind: string; loader: string }
  readonly arbiterPid: number
  counters(): Promise<TargetCounters>
  lastLines(): string[]
  stop(): Promise<void>
}

/** Implements the `Target` port: the app under the bundled pre-fork server in one configuration. */
export function bundledTarget(options: BundledTargetOptions) {
  const { label, workload, configuration } = options
  return {
    label,
    workload,
    configuration,
    start: (signal: AbortSignal) => startBundled(options, signal),
  }
}

async function startBundled(options: BundledTargetOptions, signal: AbortSignal): Promise<RunningBundled> {
  signal.throwIfAborted()
  const server = new ServerHandle({
    program: options.program ?? PROGRAM,
    settings: serverSettings(options),
    cwd: options.cwd,
    env: { ...options.env, ...configurationEnvironment(options.configuration) },
    stopSeconds: GRACEFUL_SECONDS + 1,
  })
  try {
    const { addresses, app, pid } = await server.ready(signal)
    const [address] = addresses
    if (!address) throw new Error('the server is ready and has no address')
    return {
      address,
      app,
      arbiterPid: pid,
      async counters() {
        const stats = await server.stats()
        return readCounters(stats, performance.now())
      },
      lastLines: () => server.lastLines(),
      stop: () => server.stop(),
    }
  } catch (error) {
    // Also when the signal ended the wait: nothing may be left of a server that nobody will ever see.
    await server.stop()
    throw error
  }
}

/** Whatever is not named stays at the server's default, so that what is measured is what `tune serve` will run. */
function serverSettings({ app, bind, backlog, configuration, cwd }: BundledTargetOptions): object {
  const { workerClass, workers, threads, workerConnections } = configuration
  return {
    app,
    cwd,
    bind: [bind ?? '127.0.0.1:0'],
    workers,
    workerClass,
    threads: workerClass === 'sync' ? 1 : threads,
    workerConnections,
    ...(backlog === undefined ? {} : { backlog }),
    gracefulTimeoutSeconds: GRACEFUL_SECONDS,
    logLevel: 'warning',
  }
}
