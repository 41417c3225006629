/** Read through a function: a signal changes while something is awaited, which the compiler does not know. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
