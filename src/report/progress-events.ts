import { formatLatency, formatRate } from './format.js'
import { plain, toAscii } from './plain.js'
import { plural } from './sentences.js'

/** stderr, or what a test puts in its place. */
export interface ProgressStream {
  write(text: string): unknown
  isTTY?: boolean | undefined
  columns?: number | undefined
}

/** `tty`: one block that is rewritten. `log`: a line per event. `quiet`: nothing. */
export type ProgressMode = 'tty' | 'log' | 'quiet'

export interface ProgressOptions {
  stream: ProgressStream
  mode: ProgressMode
  /** Monotonic milliseconds. */
  now: () => number
  /** `false` where the terminal is not UTF-8. */
  unicode?: boolean | undefined
  /** Calls back by the clock until it is told to stop; without it a block is drawn with events alone. */
  every?: ((draw: () => void) => () => void) | undefined
}

export interface TrialStarted {
  /** From 1. */
  number: number
  /** `null` while nobody knows; a race may also end before it. */
  total: number | null
  /** What is measured, e.g. a candidate's key. */
  target: string
  connections: number
}

export interface TrialFinished extends TrialStarted {
  throughputRps: number
  p99Us: number | null
  validity: { ok: boolean; reasons: readonly { id: string }[] }
}

export interface Progress {
  /** A new part of the run: detect, compile, probe, race. */
  phase(name: string): void
  trialStarted(trial: TrialStarted): void
  trialFinished(trial: TrialFinished): void
  /** A line that stays, whatever is rewritten after it. */
  note(text: string): void
  /** Leaves the terminal as a result wants to find it. Safe to call twice. */
  done(): void
}

/** `trial 3 of 24`. */
export function position({ number, total }: TrialStarted): string {
  return total === null ? `trial ${number}` : `trial ${number} of ${total}`
}

/** `async-2x1000 at 64 clients: 1,930 req/s, p99 41.2 ms`, and why it may not be believed. */
export function outcome({ target, connections, throughputRps, p99Us, validity }: TrialFinished): string {
  const p99 = p99Us === null ? '' : `, p99 ${formatLatency(p99Us)}`
  const doubt = validity.ok ? '' : ` (not believed: ${validity.reasons.map(({ id }) => id).join(', ')})`
  return `${target} ${at(connections)}: ${formatRate(throughputRps)} req/s${p99}${doubt}`
}

/** `at 64 clients`. */
export function at(connections: number): string {
  return `at ${connections} ${plural(connections, 'client')}`
}

/** Targets and notes hold names from outside. */
export function printable(text: string, unicode: boolean): string {
  return unicode ? plain(text) : toAscii(plain(text))
}
