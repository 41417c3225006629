import { setTimeout as delay } from 'node:timers/promises'
import { EXIT, TuneError } from '../result/error.js'
import type { LoadSpec } from '../result/load.js'
import { routesOf, type Address } from '../result/request.js'
import { monotonicMs } from '../result/monotonic-clock.js'
import type { LoadObserver } from './connection.js'
import { encodeHistogram } from './histogram.js'
import { MixAccount } from './mix-account.js'
import { type Load, startLoad } from './load.js'
import { watchLoopDelay } from './loop-delay.js'
import type { Measurement } from './messages.js'
import type { WindowAccount } from './window-account.js'

const ERROR_SAMPLES = 5
const WATCH_MS = 50
const STRAGGLER_POLL_MS = 2
/** With the back-off of connection.ts, seven failures in a row take at least half a second. */
const HOPELESS_FAILURES = 7

/** A trial in this process. */
export interface RunningTrial {
  /** Final figures, or the reason why there are none. The load stays on. */
  readonly measured: Promise<Measurement>
  /**
   * Of a measured trial: sends nothing more and lets the target answer what is under way. Else it would work that off in the next trial: five
   * workers that block for 20 ms, with 250 clients in their backlog, were busy for a second with requests that nobody waited for, and that trial
   * read 17 % too little.
   *
   * @returns answers that came after the final figures
   */
  drain(): Promise<number>
  stop(): Promise<void>
}

/** Ramp, window and cool-down of one trial, beginning at `startAtMs` (monotonic; at once when that has passed). */
export function startTrial(spec: LoadSpec, startAtMs: number): RunningTrial {
  const ended = new AbortController()
  const notes: Notes = { connects: 0, connected: 0, connectingMs: 0, answers: 0, errors: new Set() }
  let load: Load | undefined
  const trial = measure(spec, startAtMs, ended, notes, (started) => {
    load = started
  })
  const measured = trial.then(({ measurement }) => measurement)
  return {
    measured,
    async drain() {
      const { measurement, patienceMs } = await trial
      const untilMs = monotonicMs() + patienceMs
      const connections = load?.connections ?? []
      for (const connection of connections) connection.halt()
      while (connections.some(({ underWaySinceMs }) => underWaySinceMs !== null) && monotonicMs() < untilMs) {
        await until(monotonicMs() + STRAGGLER_POLL_MS, ended.signal)
      }
      return notes.answers - measurement.answersInAll
    },
    async stop() {
      ended.abort(new Error('the trial was stopped'))
      await Promise.allSettled([measured])
      await load?.stop()
    },
  }
}

async function measure(
  spec: LoadSpec,
  startAtMs: number,
  ended: AbortController,
  notes: Notes,
  onLoad: (load: Load) => void,
): Promise<{ measurement: Measurement; patienceMs: number }> {
  const { signal } = ended
  await until(startAtMs, signal)
  const opensAtMs = Math.max(startAtMs, monotonicMs()) + spec.rampSeconds * 1000
  const closesAtMs = opensAtMs + spec.windowSeconds * 1000
  const account = new MixAccount(opensAtMs, closesAtMs, routesOf(spec.request).length)
  const cpuAtStart = cpuReading()
  const load = startLoad(spec, observe(account, notes))
  onLoad(load)
  const watch = setInterval(() => {
    if (!load.connections.every(({ failuresInRow }) => failuresInRow >= HOPELESS_FAILURES)) return
    ended.abort(unreachable(spec.address, notes.answers > 0, [...notes.errors].at(-1) ?? 'unknown reason'))
  }, WATCH_MS)

  let endDelayWatch: ReturnType<typeof watchLoopDelay> | undefined
  try {
    await until(opensAtMs, signal)
    const cpuAtOpen = cpuReading()
    endDelayWatch = watchLoopDelay()
    await until(closesAtMs, signal)
    const cpuCores = coresSince(cpuAtOpen)
    const loopDelayMs = endDelayWatch()
    await stragglers(account.all, spec, signal)
    const { figures, routes } = account.settle(
      monotonicMs(),
      load.connections.flatMap(({ underWaySinceMs, route }) =>
        underWaySinceMs === null ? [] : { startMs: underWaySinceMs, route },
      ),
    )
    const measurement = {
      ...figures,
      routes,
      histogram: encodeHistogram(account.all.histogram),
      connects: notes.connects,
      connected: notes.connected,
      connectingMs: notes.connectingMs,
      answersInAll: notes.answers,
      cpuCores,
      cpuSeconds: secondsSince(cpuAtStart),
      loopDelayMs,
      errorSamples: [...notes.errors],
    }
    // A request of the window that is stuck is not waited for twice.
    const isStuck = figures.requests.inFlight > 0
    return { measurement, patienceMs: isStuck ? 0 : patienceFor(account.all, spec) }
  } finally {
    clearInterval(watch)
    endDelayWatch?.()
  }
}

/** Of the whole trial, ramp included. */
interface Notes {
  connects: number
  connected: number
  connectingMs: number
  answers: number
  errors: Set<string>
}

function observe(account: MixAccount, notes: Notes): LoadObserver {
  return {
    connecting: () => notes.connects++,
    connected: (tookMs) => {
      notes.connected++
      notes.connectingMs += tookMs
    },
    began: (startMs, route) => account.begin(startMs, route),
    answered: (startMs, endMs, status, quality, route) => {
      notes.answers++
      account.answer(startMs, endMs, status, quality, route)
    },
    failed: (startMs, endMs, failure, message, route) => {
      if (notes.errors.size < ERROR_SAMPLES) notes.errors.add(message)
      account.fail(startMs, endMs, failure, route)
    },
  }
}

/**
 * Waits for the requests of the window under steady load. Bounded, because a stuck request may take its whole timeout: twice
 * what the longest answered one took is generous, and what is still under way then counts at its age. Where none has
 * been answered by then, requests may take longer than ramp and window, and get four times as long.
 */
async function stragglers(account: WindowAccount, spec: LoadSpec, signal: AbortSignal): Promise<void> {
  while (account.stragglers > 0 && monotonicMs() < account.closesAtMs + patienceFor(account, spec)) {
    await until(monotonicMs() + STRAGGLER_POLL_MS, signal)
  }
}

function patienceFor({ longestMs }: WindowAccount, spec: LoadSpec): number {
  const loadedMs = (spec.rampSeconds + spec.windowSeconds) * 1000
  const wantedMs = Math.max(1000, longestMs === null ? 4 * loadedMs : 2 * longestMs)
  return Math.min(spec.timeoutSeconds * 1000, wantedMs)
}

async function until(atMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  try {
    // Timers may fire up to a millisecond early; the window is cut by timestamps, so that does no harm.
    await delay(Math.max(0, atMs - monotonicMs()), undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}

interface CpuReading {
  atMs: number
  micros: number
}

function cpuReading(): CpuReading {
  const { user, system } = process.cpuUsage()
  return { atMs: monotonicMs(), micros: user + system }
}

function coresSince(before: CpuReading): number {
  const now = cpuReading()
  return (now.micros - before.micros) / 1000 / (now.atMs - before.atMs)
}

function secondsSince(before: CpuReading): number {
  return (cpuReading().micros - before.micros) / 1e6
}

function unreachable(address: Address, answeredBefore: boolean, reason: string): TuneError {
  const where = 'socketPath' in address ? address.socketPath : `${address.host}:${address.port}`
  const what = answeredBefore ? 'stopped answering during the trial' : 'does not answer'
  return new TuneError(`The server at ${where} ${what}: ${reason}`, {
    code: 'TUNE_E_TARGET_UNREACHABLE',
    exit: EXIT.inconclusive,
    suggestions: answeredBefore
      ? ['Look at the log of the app: it probably crashed under load']
      : ['Check that the app is up and answers at this address'],
  })
}
