import { loopsOf } from '../result/configuration.js'
import { provenance, type Answer } from './answer.js'
import { hasRecycling, recycleArguments } from './recycling.js'
import { gunicornFlags, startVariables } from './start-command.js'
import { comment } from './text.js'

/** An env file that shells, Compose (`env_file`) and systemd (`EnvironmentFile`) read alike. */
export function environmentFile(answer: Answer, port: number): string {
  return `${comment(provenance(answer, readers(answer)), '#')}

PORT=${port}
${variables(answer)}
`
}

function readers({ server, configuration }: Answer): string {
  if (server === 'gunicorn') return 'Gunicorn reads all of it, PORT included.'
  if (server === 'pm2') return 'the app and ecosystem.config.cjs read it: PM2 itself reads no such variable.'
  const workers =
    configuration.threadPool === undefined
      ? ''
      : ' UV_THREADPOOL_SIZE is for its workers, and a value in env of tune.config.ts comes before this one.'
  return `tune serve reads all of it. Flags and then this file come before tune.config.ts.${workers}`
}

function variables(answer: Answer): string {
  const { server, configuration, recycle } = answer
  const { workerClass, workers, threads, workerConnections } = configuration
  if (server === 'gunicorn') {
    // WEB_CONCURRENCY is the default of --workers, so the rest is all that has to be said.
    const rest = [...gunicornFlags(configuration), ...recycleArguments(answer)].map((part, index, all) => {
      const value = all[index + 1]
      return part.startsWith('--') && part !== '--workers' && value !== undefined ? `${part}=${value}` : null
    })
    return `WEB_CONCURRENCY=${workers}\n# docker run --env-file keeps quotes as they are: drop them for it.\nGUNICORN_CMD_ARGS="${rest.filter((part) => part !== null).join(' ')}"`
  }
  if (server === 'pm2') return `WEB_CONCURRENCY=${loopsOf(configuration)}`
  return [
    `WEB_CONCURRENCY=${workers}`,
    `TUNE_WORKER_CLASS=${workerClass}`,
    ...(workerClass === 'sync' ? [] : [`TUNE_THREADS=${threads}`]),
    ...(workerClass === 'async' ? [`TUNE_WORKER_CONNECTIONS=${workerConnections}`] : []),
    ...(recycle === null || !hasRecycling(answer)
      ? []
      : [
          `TUNE_MAX_REQUESTS=${recycle.maxRequests}`,
          `TUNE_MAX_REQUESTS_JITTER=${recycle.maxRequestsJitter}`,
        ]),
    ...startVariables(answer, (name, value) => `${name}=${value}`),
  ].join('\n')
}
