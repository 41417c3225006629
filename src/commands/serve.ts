import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { readConfigFile } from '../config/config-file.js'
import { resolveServe } from '../config/resolve-serve.js'
import { SERVE_KEYS, SERVE_SETTINGS, type ServeKey, type ServeValues } from '../config/serve-settings.js'
import { workerCount } from '../config/worker-count.js'
import { TuneError } from '../result/error.js'
import { serve, SERVER_DEFAULTS, ServerError, type ServerSettings } from '../server/index.js'
import { readMachine } from '../studies/machine.js'

const { timeoutSeconds, gracefulTimeoutSeconds, keepAliveSeconds, ...sameName } = SERVER_DEFAULTS
const DEFAULTS: ServeValues = {
  ...sameName,
  timeout: timeoutSeconds,
  gracefulTimeout: gracefulTimeoutSeconds,
  keepAlive: keepAliveSeconds,
}

export default class ServeCommand extends BaseCommand {
  static override summary = 'serve an app with a pre-fork server: one parent, many workers'

  static override description = `The parent binds the address and keeps the workers alive; the workers serve. A worker accepts a client only when it has a free slot, so nobody waits behind a busy worker while another is idle.

Worker classes: sync serves one request at a time and closes the connection; threaded serves one request at a time in each of its threads; async holds many connections in one event loop.

Signals: TERM stops after the requests under way, INT and QUIT stop at once, HUP replaces all workers one by one with freshly loaded ones, TTIN and TTOU add and remove a worker.

Settings come from flags, then from the environment (PORT, WEB_CONCURRENCY, TUNE_WORKER_CLASS, TUNE_THREADS, TUNE_WORKER_CONNECTIONS), then from the serve section of tune.config.ts, .mjs, .js or .json.`

  static override examples = [
    { description: 'One worker on port 8000', command: '<%= config.bin %> <%= command.id %> app.ts' },
    {
      description: 'An app that waits for a database, on all CPUs, for clients from anywhere',
      command:
        '<%= config.bin %> <%= command.id %> app.ts --worker-class async --workers auto --bind 0.0.0.0:8080',
    },
    {
      description: 'Three processes with three threads each, behind a proxy on the same machine',
      command:
        '<%= config.bin %> <%= command.id %> app.ts --worker-class threaded --workers 3 --threads 3 --bind unix:/run/app.sock',
    },
    { description: 'A named export', command: '<%= config.bin %> <%= command.id %> build/server.js:api' },
  ]

  static override args = {
    app: Args.string({
      required: true,
      description: 'file of the app, with the export after a colon: path[:export]',
    }),
  }

  static override flags = {
    config: Flags.string({
      summary: 'config file, instead of the one in this directory',
      helpValue: '<path>',
    }),
    ...Object.fromEntries(SERVE_KEYS.map((key) => [SERVE_SETTINGS[key].flag, flagOf(key)])),
  }

  async run(): Promise<{ stopped: true }> {
    const { args, flags } = await this.parse(ServeCommand)
    const file = await readConfigFile(process.cwd(), flags.config)
    const { values, origins } = resolveServe({
      flags,
      env: process.env,
      config: file && { path: file.path, values: file.serve },
      defaults: DEFAULTS,
    })
    const workers = workerCount(values.workers, origins.workers, await readMachine())
    await serveOrExplain({ app: args.app, cwd: process.cwd(), ...serverSettings(values), workers })
    return { stopped: true }
  }
}

function flagOf(key: ServeKey): ReturnType<typeof Flags.string> {
  const { summary, helpValue, multiple } = SERVE_SETTINGS[key]
  const standard = DEFAULTS[key]
  // No `default` for oclif: a flag that was not given must leave room for the environment and the config file.
  const described = { summary: `${summary} [default: ${String(standard)}]`, helpValue }
  return (
    multiple ? Flags.string({ ...described, multiple, multipleNonGreedy: true }) : Flags.string(described)
  ) as ReturnType<typeof Flags.string>
}

function serverSettings(
  values: ServeValues,
): Omit<ServerSettings, 'app' | 'cwd' | 'workers' | 'bootTimeoutSeconds'> {
  const { bind, workerClass, threads, workerConnections, backlog, logLevel } = values
  return {
    ...{ bind, workerClass, threads, workerConnections, backlog, logLevel },
    timeoutSeconds: values.timeout,
    gracefulTimeoutSeconds: values.gracefulTimeout,
    keepAliveSeconds: values.keepAlive,
  }
}

/** The server has an error class of its own, as it imports nothing from here. */
async function serveOrExplain(settings: Parameters<typeof serve>[0]): Promise<void> {
  try {
    await serve(settings)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const { code, exit, suggestions } = error
    throw new TuneError(error.message, { code, exit, suggestions, cause: error })
  }
}
