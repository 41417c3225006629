import type { Configuration } from '../result/configuration.js'
import type { RequestSpec } from '../result/request.js'
import { commandWords, fillWords } from '../result/command-words.js'
import { freePort } from './free-port.js'
import { startProcessServer, type RunningProcessServer } from './process-server.js'

const HOST = '127.0.0.1'
const BOOT_SECONDS = 60

export interface CommandTargetOptions {
  label: string
  workload: string | null
  configuration: Configuration
  /** E.g. `puma -w {workers} -t {threads}:{threads} -b tcp://{host}:{port}`. */
  template: string
  cwd: string
  env?: Record<string, string>
  request: RequestSpec
  bootSeconds?: number
  appLoadExitCode?: number
  listenAdvice?: string
}

/**
 * Implements the `Target` port for any server: a command with `{workers}`, `{threads}`, `{connections}`, `{host}` and `{port}`
 * filled in. HOST and PORT are in its environment too.
 */
export function commandTarget(options: CommandTargetOptions) {
  const { label, workload, configuration, template } = options
  const words = commandWords(template)
  return {
    label,
    workload,
    configuration,
    start: async (signal: AbortSignal): Promise<RunningProcessServer> => {
      const port = await freePort()
      const { workers, threads, workerConnections } = configuration
      const values = { workers, threads, connections: workerConnections, host: HOST, port }
      return startProcessServer(
        {
          words: fillWords(words, values),
          cwd: options.cwd,
          env: { ...options.env, HOST, PORT: String(port) },
          host: HOST,
          port,
          request: options.request,
          bootSeconds: options.bootSeconds ?? BOOT_SECONDS,
          ...(options.listenAdvice === undefined ? {} : { listenAdvice: options.listenAdvice }),
          ...(options.appLoadExitCode === undefined ? {} : { appLoadExitCode: options.appLoadExitCode }),
        },
        signal,
      )
    },
  }
}
