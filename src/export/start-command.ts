import { configurationEnvironment, configurationFlags, type Configuration } from '../result/configuration.js'
import { commandWords, fillWords } from '../result/command-words.js'
import { usageError } from '../result/error.js'
import { recycleArguments } from './recycling.js'
import { GUNICORN_CLASSES } from '../result/server.js'
import type { Answer } from './answer.js'

/** What stands for the app where the result was measured on a bundled workload. */
export const PLACEHOLDER_APP = 'app.js'

/** Seconds that a server gets to finish its requests, and the supervisor waits on top of it. */
export const GRACEFUL_SECONDS = 30
export const STOP_SECONDS = GRACEFUL_SECONDS + 5

/** The arguments that start the answer in the foreground, listening on all interfaces of `port`. */
export function startCommand(answer: Answer, port: number): string[] {
  const { server, configuration } = answer
  const app = answer.app ?? PLACEHOLDER_APP
  const bind = `0.0.0.0:${port}`
  if (server === 'gunicorn') {
    return ['gunicorn', '--bind', bind, ...gunicornFlags(configuration), ...recycleArguments(answer), app]
  }
  if (server === 'command') return ['env', 'HOST=0.0.0.0', `PORT=${port}`, ...measuredCommand(answer, port)]
  if (server === 'pm2') return ['pm2-runtime', 'start', 'ecosystem.config.cjs']
  const flags = configurationFlags(configuration).split(' ')
  return ['tune', 'serve', app, '--bind', bind, ...flags, ...recycleArguments(answer)]
}

/** The variables that the command has to be started with, each as `write` puts it. */
export function startVariables(
  { configuration }: Answer,
  write: (name: string, value: string) => string,
): string[] {
  return Object.entries(configurationEnvironment(configuration)).map(([name, value]) => write(name, value))
}

/** Its words, with the address filled in: workers and threads are in it already. */
function measuredCommand({ command, resultName }: Answer, port: number): string[] {
  if (command !== null) return fillWords(commandWords(command), { host: '0.0.0.0', port })
  throw usageError(
    `The result ${resultName} does not hold the command line of its server`,
    'Export the result of tune analyze --server, which does',
  )
}

export function gunicornFlags({ workerClass, workers, threads, workerConnections }: Configuration): string[] {
  const flags = ['--worker-class', GUNICORN_CLASSES[workerClass], '--workers', String(workers)]
  if (workerClass === 'threaded') flags.push('--threads', String(threads))
  if (workerClass === 'async') flags.push('--worker-connections', String(workerConnections))
  return flags
}

/** Says that the start command is not the one that was measured, where that is so. */
export function startAssumptions({ server, app }: Answer): string[] {
  const missing = app === null ? [`the app is called ${PLACEHOLDER_APP}: put yours in its place.`] : []
  switch (server) {
    case 'bundled':
      return [...missing, 'tune-prefork is among the dependencies of the app.']
    case 'gunicorn':
      return [...missing, 'gunicorn (and gevent, for that class) is among the requirements of the app.']
    case 'pm2':
      return [...missing, 'ecosystem.config.cjs from tune export --to pm2 lies beside the app.']
    case 'command':
      return [
        'the program of the command is installed where this runs; it was measured with other values of HOST and PORT.',
      ]
    default:
      return [
        ...missing,
        `it was measured under ${server}; this starts the same configuration with tune serve.`,
      ]
  }
}
