import { heuristicWorkers } from '../advisor/heuristic.js'
import { nearest } from '../config/nearest.js'
import type { Finding } from '../result/analysis.js'
import { serveCommand, type Configuration } from '../result/configuration.js'
import { usageError } from '../result/error.js'
import type { Machine } from '../result/machine.js'
import type { RequestSpec } from '../result/request.js'
import { GUNICORN_CLASSES, SERVER_NAMES, type ServerName } from '../result/server.js'
import {
  commandTarget,
  gunicornTarget,
  nodeClusterTarget,
  pm2Target,
  urlTarget,
  type ServerTargetOptions,
} from '../targets/index.js'
import type { MakeTarget } from './tools.js'
import { bundledTargets } from './workbench.js'
import { workloadEnvironment } from './workload-environment.js'

/** A server whose configurations are measured: what it can run, how it is started, what it says of itself. */
export interface ServerUnderStudy {
  name: ServerName
  makeTarget: MakeTarget
  supports: (configuration: Configuration) => boolean
  startCommand: (configuration: Configuration) => string
  /** Its own documented advice for this machine, to stand beside what was measured. */
  advice: (machine: Machine) => Finding | null
}

export interface ServerContext {
  /** In the server's own words; `null` where the command or the URL says it all. */
  app: string | null
  cwd: string
  env?: Record<string, string>
  workload?: string | null
  request: RequestSpec
  allowRemote?: boolean
}

/** Servers that run one event loop per process, with as many connections as come. */
const oneLoopPerWorker = ({ workerClass, threads, threadPool }: Configuration): boolean =>
  workerClass === 'async' && threads === 1 && threadPool === undefined

/** Any few letters are a few slips away from `host`. */
const LEAST_LETTERS = 4
const COMMAND = /^command:\s*/

/** The template of `command: …`; `null` for the name of a server. */
export function commandOf(choice: string): string | null {
  return COMMAND.test(choice) ? choice.replace(COMMAND, '') : null
}

/**
 * The server that `--server` names: `bundled`, `gunicorn`, `node-cluster`, `pm2`, `url`, or `command: program --port {port}`.
 * @throws TuneError (usage) for any other name, and when the app is missing
 */
export function serverUnderStudy(choice: string, given: ServerContext): ServerUnderStudy {
  const context = { env: workloadEnvironment(given.app, given.cwd), ...given }
  const template = commandOf(choice)
  if (template !== null) return command(template, context)
  const name = SERVER_NAMES.find((one) => one === choice && one !== 'command')
  switch (name) {
    case 'bundled':
      return bundled(context)
    case 'gunicorn':
      return gunicorn(context)
    case 'node-cluster':
    case 'pm2':
      return nodeProcesses(name, context)
    case 'url':
      return url(context)
    default:
      throw usageError(
        `There is no server "${choice}"`,
        `It may be ${SERVER_NAMES.filter((one) => one !== 'command').join(', ')}, or 'command: program --port {port}'`,
      )
  }
}

function bundled({ app, cwd, env = {}, workload = null }: ServerContext): ServerUnderStudy {
  const spec = required(app, 'bundled')
  return {
    name: 'bundled',
    makeTarget: bundledTargets(spec, { cwd, env, workload }),
    supports: () => true,
    startCommand: (configuration) => serveCommand(spec, configuration),
    advice: () => null,
  }
}

function gunicorn(context: ServerContext): ServerUnderStudy {
  const app = required(context.app, 'gunicorn')
  return {
    name: 'gunicorn',
    makeTarget: (configuration, label) => gunicornTarget(targetOptions(context, app, configuration, label)),
    supports: ({ workerClass, threads, threadPool }) =>
      threadPool === undefined && (workerClass !== 'async' || threads === 1),
    startCommand: ({ workerClass, workers, threads, workerConnections }) =>
      [
        `gunicorn --worker-class ${GUNICORN_CLASSES[workerClass]} --workers ${workers}`,
        ...(workerClass === 'threaded' ? [`--threads ${threads}`] : []),
        ...(workerClass === 'async' ? [`--worker-connections ${workerConnections}`] : []),
        app,
      ].join(' '),
    advice: ({ effectiveCpus }) =>
      advice(
        'what Gunicorn itself advises',
        `${heuristicWorkers(effectiveCpus)} workers for ${effectiveCpus} CPUs`,
        '(2 x CPUs) + 1 workers to start with, then adjust under load; 4 to 12 workers are usually enough; 2 to 4 threads per core',
      ),
  }
}

function nodeProcesses(name: 'node-cluster' | 'pm2', context: ServerContext): ServerUnderStudy {
  const app = required(context.app, name)
  const make = name === 'pm2' ? pm2Target : nodeClusterTarget
  return {
    name,
    makeTarget: (configuration, label) => make(targetOptions(context, app, configuration, label)),
    supports: oneLoopPerWorker,
    startCommand: ({ workers }) =>
      name === 'pm2' ? `pm2 start ${app} -i ${workers}` : `cluster.fork() x ${workers} of ${app}`,
    advice: ({ effectiveCpus }) => {
      const cores = Math.max(1, Math.floor(effectiveCpus))
      return name === 'pm2'
        ? advice(
            'what PM2 itself advises',
            `-i max on ${cores} CPUs`,
            'one process for each CPU, and not more',
          )
        : advice(
            'what Node itself advises',
            `${cores} workers`,
            'one worker for each core (availableParallelism)',
          )
    },
  }
}

/** A placeholder that the command lacks cannot be varied. */
function command(template: string, context: ServerContext): ServerUnderStudy {
  assertPlaceholders(template, context.app)
  const has = (name: string): boolean => template.includes(`{${name}}`)
  const filled = context.app === null ? template : template.replaceAll('{app}', context.app)
  return {
    name: 'command',
    makeTarget: (configuration, label) =>
      commandTarget({ ...targetOptions(context, '', configuration, label), template: filled }),
    supports: ({ workerClass, workers, threads, threadPool }) => {
      if (threadPool !== undefined) return false
      if (!has('workers') && workers > 1) return false
      // Threads are what such a server holds requests in; without them, each process takes what comes.
      return has('threads') ? workerClass !== 'async' : workerClass === 'async' && threads === 1
    },
    startCommand: ({ workers, threads, workerConnections }) =>
      filled
        .replaceAll('{workers}', String(workers))
        .replaceAll('{threads}', String(threads))
        .replaceAll('{connections}', String(workerConnections)),
    advice: () => null,
  }
}

const PLACEHOLDERS = ['workers', 'threads', 'connections', 'host', 'port', 'app']

/** Braces around anything else are the command's own; around what is nearly a placeholder they are a slip, and it would never be varied. */
function assertPlaceholders(template: string, app: string | null): void {
  for (const [, name = ''] of template.matchAll(/(?<!\$)\{(\w+)\}/g)) {
    if (name === 'app' && app === null) {
      throw usageError(
        'The command has {app}, and no app is named',
        'Name it: tune analyze --server … app.js',
      )
    }
    const meant = PLACEHOLDERS.includes(name) ? null : nearest(name, PLACEHOLDERS)
    if (meant === null || name.length <= LEAST_LETTERS) continue
    throw usageError(
      `The command has {${name}}, which nothing fills in`,
      `Did you mean {${meant}}? There are ${PLACEHOLDERS.map((one) => `{${one}}`).join(', ')}`,
    )
  }
}

/**
 * What `tune analyze` compares is numbers of processes or threads, so a command has to be told one of them.
 * @throws TuneError (usage) for a command that is not
 */
export function assertVaries(choice: string): void {
  const template = commandOf(choice)
  if (template === null || /\{(workers|threads)\}/.test(template)) return
  throw usageError(
    'The command has no {workers}, so it always starts the same server, and there is nothing to analyze',
    "Write {workers} where it takes its number of processes, and {threads} where it takes that of threads: --server 'command: program --port {port} --workers {workers}'",
    `Measure it as it is: tune bench --workers 1 --server '${choice}'`,
    'An app that listens on PORT can be run in several processes by --server node-cluster',
  )
}

function url(context: ServerContext): ServerUnderStudy {
  const address = required(context.app, 'url')
  const { request, workload = null, allowRemote = false } = context
  const makeTarget: MakeTarget = (configuration, label) =>
    urlTarget({ label, workload, configuration, url: address, request, allowRemote })
  return {
    name: 'url',
    makeTarget,
    supports: () => true,
    startCommand: () => address,
    advice: () => null,
  }
}

function targetOptions(
  { cwd, env, workload = null, request }: ServerContext,
  app: string,
  configuration: Configuration,
  label: string,
): ServerTargetOptions {
  return { label, workload, configuration, app, cwd, request, ...(env === undefined ? {} : { env }) }
}

function required(app: string | null, server: ServerName): string {
  if (app !== null) return app
  const examples: Partial<Record<ServerName, string>> = { gunicorn: 'main:app', url: 'http://127.0.0.1:8000' }
  if (server === 'bundled') throw usageError('There is no app to measure', 'Name an app: tune analyze app.ts')
  throw usageError(
    server === 'url' ? 'There is no address to measure' : `There is no app for ${server}`,
    `Name it, e.g. --server ${server} ${examples[server] ?? 'app.js'}`,
  )
}

function advice(title: string, observed: string, rule: string): Finding {
  return {
    id: 'TUNE-SERVER-01',
    level: 'info',
    title,
    observed,
    rule,
    // The terminal shows no more than this of what only informs.
    advice: `${observed}: ${rule}. A place to start; the recommendation is what was measured.`,
    evidence: 'rule of thumb',
  }
}
