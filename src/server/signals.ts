/** Signals the arbiter understands. */
const ARBITER_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGTTIN',
  'SIGTTOU',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
] as const
export type ArbiterSignal = (typeof ARBITER_SIGNALS)[number]

/**
 * Signal handlers only note that the signal came; the arbiter's loop handles them one by one.
 *
 * @returns a function that takes the handlers away again.
 */
export function onSignals(note: (signal: ArbiterSignal) => void): () => void {
  const handlers = ARBITER_SIGNALS.map((signal) => {
    const handler = () => note(signal)
    process.on(signal, handler)
    return () => process.off(signal, handler)
  })
  return () => handlers.forEach((remove) => remove())
}
