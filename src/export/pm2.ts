import { loopsOf } from '../result/configuration.js'
import { provenance, type Answer } from './answer.js'
import { PLACEHOLDER_APP, startCommand, startVariables, STOP_SECONDS } from './start-command.js'
import { comment, literal, mib } from './text.js'

/** PM2's cluster mode runs a script that listens itself; TypeScript it does not compile. */
export function runsInCluster({ server, app, appKind }: Answer): boolean {
  if (server === 'pm2' || server === 'node-cluster') return true
  return appKind === 'listen()' && app !== null && /\.[cm]?js$/.test(app)
}

/** ecosystem.config.cjs. */
export function pm2Ecosystem(answer: Answer, port: number): string {
  const inCluster = runsInCluster(answer)
  const app = answer.app ?? PLACEHOLDER_APP
  const { configuration } = answer
  const instances = loopsOf(configuration)
  const variables = startVariables(answer, (name, value) => `, ${name}: '${value}'`)
  const assumptions = inCluster ? clusterAssumptions(answer) : forkAssumptions(answer)
  const [program = '', ...args] = supervised(answer, port)
  const run = inCluster
    ? `script: ${literal(app)},
      exec_mode: 'cluster',
      // One process per event loop. Not 'max': that counts the host's CPUs, not the container's.
      instances: ${instances},`
    : `script: ${literal(program)},
      args: [${args.map(literal).join(', ')}],
      // Started as it is: in the Node process that PM2 makes of a script, PM2's channel keeps a server that has stopped alive.
      interpreter: 'none',
      exec_mode: 'fork',
      // The workers are children of the server: more instances would not share the port.
      instances: 1,`
  return `${comment(provenance(answer, ...assumptions), '//')}

module.exports = {
  apps: [
    {
      name: 'app',
      ${run}
      env: { NODE_ENV: 'production', PORT: '${port}'${variables.join('')} },
      // PM2 sends ${inCluster ? 'INT' : 'its signal'} and after this time KILL; its own default of 1.6 s cuts requests off.
      kill_timeout: ${STOP_SECONDS * 1000},${inCluster ? '' : '\n      // The signal is for the parent alone, which drains its workers.\n      treekill: false,'}
      // A restart loop waits longer each time instead of giving up after 16 tries.
      exp_backoff_restart_delay: 100,
      ${memoryLine(answer, inCluster)}
    },
  ],
}
`
}

/** The server that PM2 keeps up, which has its workers itself. */
function supervised(answer: Answer, port: number): string[] {
  const [program = '', ...rest] = startCommand(answer, port)
  return [program === 'tune' ? 'node_modules/.bin/tune' : program, ...rest]
}

function forkAssumptions({ server }: Answer): string[] {
  const name = server === 'gunicorn' ? 'Gunicorn' : server === 'command' ? 'the command' : 'tune serve'
  const why = name === 'tune serve' ? 'the app does not listen by itself, or is TypeScript, so ' : ''
  return [
    `${why}PM2 supervises ${name}, and ${name} its workers.`,
    ...(name === 'tune serve' ? ['tune-prefork is among the dependencies of the app.'] : []),
    `the daemon of PM2 has PM2_KILL_SIGNAL=SIGTERM in its environment (pm2 kill, then export it before pm2 start). It stops with INT otherwise, which is the quick way out of ${name}: requests under way are cut off.`,
  ]
}

function clusterAssumptions({ server, configuration }: Answer): string[] {
  const { workerClass } = configuration
  return [
    ...(server === 'pm2'
      ? []
      : [
          `measured under ${server === 'bundled' ? 'the bundled server of tune' : server}, not under PM2: tune analyze --server pm2 measures PM2 itself.`,
        ]),
    ...(workerClass === 'async'
      ? []
      : [`PM2 knows no class ${workerClass}: its processes accept any number of requests at once.`]),
    'the app listens on process.env.PORT, and closes its server on SIGINT.',
  ]
}

/**
 * PM2 restarts a process above the limit, so the limit is far from what was seen. It looks at the resident set of each, in which the code that
 * all share counts every time: a share of what all take together would be below that of a healthy process. Of a server with workers of its own it sees the parent
 * alone, which is larger than a worker while it starts.
 */
function memoryLine({ processBytes, memoryBytes }: Answer, inCluster: boolean): string {
  const [what, bytes] = inCluster
    ? ['the resident memory of a process, shared code included', processBytes]
    : ['what the whole server takes; PM2 sees its parent alone', memoryBytes]
  return `// Twice ${what}. PM2 looks every 30 s and restarts what is above.
      max_memory_restart: '${mib(2 * bytes)}M',`
}
