import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Configuration } from '../result/configuration.js'
import { usageError } from '../result/error.js'
import type { RequestSpec } from '../result/request.js'
import { GUNICORN_CLASSES } from '../result/server.js'
import { commandTarget } from './command.js'
import type { RunningProcessServer } from './process-server.js'

const CLUSTER_PROGRAM = fileURLToPath(new URL('./node-cluster-process.js', import.meta.url))
/** Gunicorn's exit code for an app that cannot be loaded. */
const GUNICORN_APP_LOAD = 4
const GRACEFUL_SECONDS = 2
const BACKLOG = 2048
/** Such servers run a script as it is. */
const LISTEN_ADVICE =
  'The script has to listen by itself, on process.env.PORT; --server bundled takes a handler or a framework as well'

export interface ServerTargetOptions {
  label: string
  workload: string | null
  configuration: Configuration
  /** In the server's own words: `main:app`, or the path of a script. */
  app: string
  cwd: string
  env?: Record<string, string>
  request: RequestSpec
}

/** Implements the `Target` port: a WSGI app under Gunicorn, whose class `threaded` is gthread and `async` is gevent. */
export function gunicornTarget({ app, ...options }: ServerTargetOptions) {
  const { workerClass } = options.configuration
  const flags = [
    'gunicorn --bind {host}:{port} --workers {workers}',
    `--worker-class ${GUNICORN_CLASSES[workerClass]}`,
    ...(workerClass === 'threaded' ? ['--threads {threads}'] : []),
    ...(workerClass === 'async' ? ['--worker-connections {connections}'] : []),
    `--backlog ${BACKLOG} --graceful-timeout ${GRACEFUL_SECONDS} --log-level warning`,
    quoted(app),
  ]
  return commandTarget({ ...options, template: flags.join(' '), appLoadExitCode: GUNICORN_APP_LOAD })
}

/** Implements the `Target` port: a script that listens on PORT, in workers of `node:cluster`. */
export function nodeClusterTarget({ app, ...options }: ServerTargetOptions) {
  assertScript(app, 'node:cluster')
  const words = [process.execPath, CLUSTER_PROGRAM, resolve(options.cwd, app)].map(quoted)
  return commandTarget({ ...options, template: `${words.join(' ')} {workers}`, listenAdvice: LISTEN_ADVICE })
}

/** Implements the `Target` port: a script that listens on PORT, in PM2's cluster mode, with a PM2_HOME of its own. */
export function pm2Target({ app, ...options }: ServerTargetOptions) {
  assertScript(app, 'PM2')
  const { label, workload, configuration, cwd, env = {} } = options
  const template = `pm2-runtime start ${quoted(resolve(cwd, app))} -i {workers}`
  return {
    label,
    workload,
    configuration,
    async start(signal: AbortSignal): Promise<RunningProcessServer> {
      const home = await mkdtemp(join(tmpdir(), 'tune-pm2-'))
      const path = [join(cwd, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter)
      const own = { PATH: path, PM2_HOME: home, PM2_DISCRETE_MODE: 'true', ...env }
      const forget = () => rm(home, { recursive: true, force: true })
      try {
        const running = await commandTarget({
          ...options,
          env: own,
          template,
          listenAdvice: LISTEN_ADVICE,
        }).start(signal)
        return withCleanUp(running, forget)
      } catch (error) {
        await forget()
        throw error
      }
    },
  }
}

function withCleanUp(running: RunningProcessServer, cleanUp: () => Promise<void>): RunningProcessServer {
  return {
    ...{ address: running.address, app: running.app, leaderPid: running.leaderPid },
    counters: () => running.counters(),
    stop: async () => {
      await running.stop()
      await cleanUp()
    },
  }
}

function assertScript(app: string, server: string): void {
  if (['.js', '.mjs', '.cjs'].includes(extname(app))) return
  throw usageError(
    `${server} runs JavaScript, and ${app} is none`,
    'Build the app and name the script that listens on process.env.PORT',
  )
}

/** One word of a template. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'"'"'`)}'`
}
