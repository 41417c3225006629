import { EXIT } from '../result/error.js'

const STOPS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const

/**
 * Makes process 1 of a container end when it is told to before the command has taken over its signals, which takes some tenths of
 * a second: the kernel gives a signal that process 1 has no handler for to nobody. Any other process ends by such a signal anyway.
 */
export function endWhenTold(
  isFirst: boolean,
  exit: (code: number) => void = (code) => process.exit(code),
): void {
  if (!isFirst) return
  for (const signal of STOPS) {
    process.on(signal, () => {
      // The command listens by now, and knows better.
      if (process.listenerCount(signal) === 1) exit(process.argv[2] === 'serve' ? EXIT.ok : EXIT.interrupted)
    })
  }
}
