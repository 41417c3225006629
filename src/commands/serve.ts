import { resolve as absolute } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { readConfigFile, type ConfigFile } from '../config/config-file.js'
import { checkGate } from '../config/gate.js'
import { misspeltVariables } from '../config/misspelt-variables.js'
import { resolveServe, type ResolvedServe } from '../config/resolve-serve.js'
import { SERVE_DEFAULTS } from '../config/serve-defaults.js'
import { printServe, showValue } from '../config/serve-print.js'
import { SERVE_KEYS, SERVE_SETTINGS, type ServeKey } from '../config/serve-settings.js'
import { serverNames } from '../config/server-names.js'
import { workerCount } from '../config/worker-count.js'
import { TuneError } from '../result/error.js'
import { checkServer, serve, ServerError, type ServerSettings } from '../server/index.js'
import { readMachine } from '../studies/read-machine.js'

type Settings = Partial<ServerSettings> & { app: string }

interface Resolved {
  resolved: ResolvedServe
  file: ConfigFile | null
}

export default class ServeCommand extends BaseCommand {
  static override summary = 'serve an app with a pre-fork server: one parent, many workers'

  static override description = `The parent binds the address and keeps the workers alive; the workers serve. A worker accepts a client only when it has a free slot, so nobody waits behind a busy worker while another is idle.

Worker classes: sync serves one request at a time and closes the connection; threaded serves one request at a time in each of its threads; async holds many connections in one event loop.

Signals: TERM stops after the requests under way, INT and QUIT stop at once, HUP reads the configuration again and replaces all workers one by one with freshly loaded ones, TTIN and TTOU add and remove a worker.

Settings come from flags, then from the environment (TUNE_WORKERS for --workers and so on; PORT, WEB_CONCURRENCY), then from the serve section of tune.config.ts, .mjs, .js or .json.`

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
      ignoreStdin: true,
      required: true,
      description: 'file of the app, with the export after a colon: path[:export]',
    }),
  }

  static override flags = {
    config: Flags.string({
      summary: 'config file, instead of the one in this directory',
      helpValue: '<path>',
    }),
    'print-config': Flags.boolean({
      summary: 'print every setting with its value and its origin, and start nothing',
      exclusive: ['check-config'],
    }),
    'check-config': Flags.boolean({
      summary: 'check the settings, the budgets of the config file and the app, and start nothing',
    }),
    ...Object.fromEntries(SERVE_KEYS.map((key) => [SERVE_SETTINGS[key].flag, flagOf(key)])),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ServeCommand)
    // The server may go elsewhere (--chdir); the config file and the setting itself are read from here again at a reload.
    const from = process.cwd()
    const { resolved, file } = await resolve(flags, from)
    for (const { name, meant } of misspeltVariables(process.env))
      this.logToStderr(`Nothing reads the variable ${name}: is ${meant} meant?`)
    if (flags['print-config']) {
      this.log(printServe(resolved))
      return resolved
    }
    const settings = await settingsOf(args.app, resolved, from)
    if (flags['check-config']) {
      if (file !== null) checkGate(file)
      await explained(() => checkServer(settings))
      this.log('The settings and the app are good')
      return { good: true }
    }
    const reread = async () => {
      const read = await resolve(flags, from)
      return { settings: await settingsOf(args.app, read.resolved, from), hooks: read.file?.hooks ?? {} }
    }
    await explained(() => serve(settings, { reread, hooks: file?.hooks ?? {}, upgradable: true }))
    return { stopped: true }
  }
}

async function resolve(flags: Record<string, unknown>, from: string): Promise<Resolved> {
  const named = typeof flags.config === 'string' ? flags.config : process.env.TUNE_CONFIG
  const file = await readConfigFile(from, named === '' ? undefined : named)
  const resolved = resolveServe({
    flags,
    env: process.env,
    config: file && { path: file.path, values: file.serve },
    defaults: SERVE_DEFAULTS,
  })
  return { resolved, file }
}

async function settingsOf(app: string, { values, origins }: ResolvedServe, from: string): Promise<Settings> {
  const workers = workerCount(values.workers, origins.workers, await readMachine())
  return { app, cwd: absolute(from, values.chdir ?? ''), ...serverNames(values), workers }
}

function flagOf(key: ServeKey): ReturnType<typeof Flags.string> {
  const { summary, helpValue, multiple, toggle } = SERVE_SETTINGS[key]
  if (toggle)
    return Flags.boolean({
      summary: SERVE_DEFAULTS[key] === true ? `${summary} [default: true]` : summary,
      allowNo: true,
    }) as unknown as ReturnType<typeof Flags.string>
  const standard = SERVE_DEFAULTS[key]
  // No `default` for oclif: a flag that was not given must leave room for the environment and the config file.
  const isSet = standard !== null && String(standard) !== ''
  const shown = isSet ? `${summary} [default: ${showValue(key, standard)}]` : summary
  const described = { summary: shown, helpValue }
  return (
    multiple ? Flags.string({ ...described, multiple, multipleNonGreedy: true }) : Flags.string(described)
  ) as ReturnType<typeof Flags.string>
}

/** The server has an error class of its own, as it imports nothing from here. */
async function explained(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const { code, exit, suggestions } = error
    throw new TuneError(error.message, { code, exit, suggestions, cause: error })
  }
}
