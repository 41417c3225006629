import type { Answer } from './answer.js'
import { provenance } from './answer.js'
import { GUNICORN_CLASSES } from '../result/server.js'
import { GRACEFUL_SECONDS } from './start-command.js'
import { comment, literal } from './text.js'

/** gunicorn.conf.py: valid Python, and valid for `gunicorn --check-config`. */
export function gunicornConfig(answer: Answer, port: number): string {
  const { configuration, server, app } = answer
  const { workerClass, workers, threads, workerConnections, threadPool } = configuration
  const measured = server === 'gunicorn'
  const assumptions = measured
    ? []
    : [
        `measured under ${server === 'bundled' ? 'the bundled server of tune' : server}, not under Gunicorn: its classes sync, threaded and async are sync, gthread and gevent here. tune analyze --server gunicorn measures Gunicorn itself.`,
        ...(threadPool === undefined
          ? []
          : [`the ${threadPool} threads of libuv's pool are left out: there is no such pool in Python.`]),
      ]
  return `${comment(provenance(answer, ...assumptions), '#')}

${measured && app !== null ? `wsgi_app = ${literal(app)}` : '# wsgi_app = "main:app"'}
bind = "0.0.0.0:${port}"

worker_class = "${GUNICORN_CLASSES[workerClass]}"${workerClass === 'async' ? '  # pip install gevent' : ''}
workers = ${workers}
${classSettings(workerClass, threads, workerConnections)}${recycleSettings(answer)}
# A client that connects while all workers are busy waits here; net.core.somaxconn limits it further.
backlog = 2048

${timeouts(workerClass)}
graceful_timeout = ${GRACEFUL_SECONDS}

# Heartbeats are files: on a disk they may block the worker.
worker_tmp_dir = "/dev/shm"
`
}

function classSettings(
  workerClass: Answer['configuration']['workerClass'],
  threads: number,
  workerConnections: number,
): string {
  if (workerClass === 'threaded') return `threads = ${threads}\n`
  if (workerClass === 'async') {
    const many =
      threads > 1
        ? `# ${threads} event loops per worker were measured; a gevent worker has one.\n# Raise workers to keep as many loops.\n`
        : ''
    return `worker_connections = ${workerConnections}\n${many}`
  }
  return ''
}

function recycleSettings({ recycle }: Answer): string {
  return recycle === null
    ? ''
    : `max_requests = ${recycle.maxRequests}\nmax_requests_jitter = ${recycle.maxRequestsJitter}\n`
}

function timeouts(workerClass: Answer['configuration']['workerClass']): string {
  return workerClass === 'sync'
    ? `# A sync worker that is silent for longer is killed, so this bounds a request.\ntimeout = 30
# Sync workers close the connection after the answer: let a proxy hold the clients.`
    : `# Liveness of the worker's main loop; a request that hangs in a ${workerClass === 'threaded' ? 'thread' : 'greenlet'} does not trip it.\ntimeout = 30
# Above the idle timeout of the proxy in front, or it meets closed connections.\nkeepalive = 75`
}
