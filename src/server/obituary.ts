import { SERVER_EXIT, type ServerFailure } from './errors.js'
import type { WorkerHandle } from './worker-handle.js'

/** Why a worker that never became ready is gone. */
export function bootFailure(worker: Pick<WorkerHandle, 'failure' | 'exit'>): ServerFailure {
  if (worker.failure) return worker.failure
  const { code, signal } = worker.exit ?? { code: null, signal: null }
  const how = signal === null ? `ended with code ${code ?? '?'}` : `was killed by ${signal}`
  return {
    code: 'TUNE_E_WORKER_BOOT',
    message: `A worker ${how} before it was ready${signal === 'SIGKILL' ? ', perhaps for lack of memory' : ''}`,
    exit: code === SERVER_EXIT.appLoad ? SERVER_EXIT.appLoad : SERVER_EXIT.workerBoot,
    suggestions: [hintOf(code, signal)],
  }
}

/** Its output goes straight to ours, so whether there was any is not known. */
function hintOf(code: number | null, signal: NodeJS.Signals | null): string {
  const output = 'if it printed anything before that, it is above'
  if (code === SERVER_EXIT.ok)
    return `The app called process.exit(0) while it was loading: an app is served, and must not end by itself; ${output}`
  return signal === null && code !== null
    ? `The app or something that it loads called process.exit(${code}), or Node gave up; ${output}`
    : `See what sends signals here, such as a memory limit; ${output}`
}

export function bootTimeout(seconds: number): ServerFailure {
  return {
    code: 'TUNE_E_WORKER_BOOT_TIMEOUT',
    message: `A worker was not ready after ${seconds} s`,
    exit: SERVER_EXIT.workerBoot,
    suggestions: ['The app may be waiting for something at its top level, or never call listen()'],
  }
}

/** How a worker that had served ended. */
export function obituary(worker: WorkerHandle): string {
  const { code, signal } = worker.exit ?? { code: null, signal: null }
  if (signal === 'SIGKILL') return `Worker (pid:${worker.pid}) was sent SIGKILL! Perhaps out of memory?`
  if (signal !== null) return `Worker (pid:${worker.pid}) was sent ${signal}!`
  return `Worker (pid:${worker.pid}) exited with code ${code ?? '?'}`
}
