import cluster from 'node:cluster'
import { AppError } from './error.js'

/**
 * Runs `load` and lets what fails beside it fail it: real apps start in a floating `main()`, whose rejection would
 * end the process with a bare trace. An app that handles these events itself keeps doing so.
 */
export async function whileLoading<T>(load: () => Promise<T>): Promise<T> {
  cluster.fork = refuseFork
  const events = ['unhandledRejection', 'uncaughtException'] as const
  const listeners: { event: string; listener: (reason: unknown) => void }[] = []
  const failure = new Promise<never>((_resolve, reject) => {
    for (const event of events) {
      const others = process.listenerCount(event)
      const listener = (reason: unknown) => {
        const appHandlesIt = process.listenerCount(event) > others + 1
        // Whatever was thrown: `loadError` tells an Error from the rest.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        if (!appHandlesIt) reject(reason)
      }
      process.on(event, listener)
      listeners.push({ event, listener })
    }
  })
  try {
    return await Promise.race([load(), failure])
  } finally {
    for (const { event, listener } of listeners) process.off(event, listener)
  }
}

/** In a worker `cluster.isPrimary` is true: an app with a cluster of its own would start copies of this worker. */
function refuseFork(): never {
  throw new AppError(
    'the app starts worker processes itself (cluster.fork), which is what this server does',
    {
      code: 'TUNE_E_APP_KIND',
      suggestions: [
        'Name the file that creates the app without the cluster, or skip cluster.fork() by a setting',
      ],
    },
  )
}
