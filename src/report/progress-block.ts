import { formatClock, formatDuration, formatRate } from './format.js'
import {
  at,
  outcome,
  position,
  printable,
  type Progress,
  type ProgressOptions,
  type ProgressStream,
  type TrialFinished,
  type TrialStarted,
} from './progress-events.js'

interface BlockState {
  phase: string
  running: TrialStarted | null
  runningSinceMs: number
  last: TrialFinished | null
  /** Throughput of the latest believed trials, oldest first. */
  recent: readonly number[]
  best: TrialFinished | null
  /** For the time left: trials of this phase, and when the first of them began. */
  finished: number
  firstTrialMs: number | null
}

const DEFAULT_COLUMNS = 80
const SPARKS = '▁▂▃▄▅▆▇█'
const RECENT = 16

/** One block on a terminal, erased and drawn again with every event, and by the clock between them. */
export function createBlock({ stream, now, unicode = true, every }: ProgressOptions): Progress {
  const startedMs = now()
  let drawn = 0
  let ended = false
  let stopClock: (() => void) | undefined
  let state = freshState('starting')

  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[0J`)
  const draw = (): void => {
    if (ended) return
    // Without this the clock would stand still through a long start, and a run look hung.
    stopClock ??= every?.(draw)
    // A line as wide as the terminal would wrap, and the count of lines to go up would be wrong.
    const width = columnsOf(stream) - 1
    const lines = blockLines(state, startedMs, now(), unicode).map((text) =>
      printable(text, unicode).slice(0, width),
    )
    stream.write(`${erase()}${lines.join('\n')}\n`)
    drawn = lines.length
  }

  return {
    phase: (name) => {
      state = freshState(name)
      draw()
    },
    trialStarted: (trial) => {
      state = { ...state, running: trial, runningSinceMs: now(), firstTrialMs: state.firstTrialMs ?? now() }
      draw()
    },
    trialFinished: (trial) => {
      state = {
        ...state,
        running: null,
        last: trial,
        recent: trial.validity.ok ? [...state.recent, trial.throughputRps].slice(-RECENT) : state.recent,
        best: better(trial, state.best),
        finished: state.finished + 1,
      }
      draw()
    },
    note: (text) => {
      stream.write(`${erase()}${printable(text, unicode)}\n`)
      drawn = 0
      draw()
    },
    done: () => {
      stopClock?.()
      if (!ended) stream.write(erase())
      drawn = 0
      ended = true
    },
  }
}

/** A detached terminal reports 0 columns. */
function columnsOf({ columns = 0 }: ProgressStream): number {
  return columns > 0 ? columns : DEFAULT_COLUMNS
}

/** Rates of another phase are under another load, so the best does not outlive its phase. */
function freshState(phase: string): BlockState {
  return {
    ...{ phase, running: null, runningSinceMs: 0, last: null, recent: [], best: null },
    ...{ finished: 0, firstTrialMs: null },
  }
}

function blockLines(state: BlockState, startedMs: number, nowMs: number, unicode: boolean): string[] {
  const { phase, running, runningSinceMs, last, recent, best } = state
  const shown = running ?? last
  const head = [
    phase,
    shown === null ? '' : position(shown),
    `elapsed ${formatClock((nowMs - startedMs) / 1000)}`,
  ]
  const left = secondsLeft(state, nowMs)
  if (left !== null) head.push(`about ${formatDuration(left)} left`)
  return [
    head.filter((part) => part !== '').join('   '),
    ...(running === null
      ? []
      : [
          `  now   ${running.target} ${at(running.connections)}, ${formatClock((nowMs - runningSinceMs) / 1000)}`,
        ]),
    ...(last === null ? [] : [`  last  ${outcome(last)}`]),
    ...(unicode && recent.length > 1 ? [`  rate  ${sparkline(recent)} req/s`] : []),
    ...(best === null ? [] : [`  best  ${best.target}: ${formatRate(best.throughputRps)} req/s`]),
  ]
}

/** The latest rates as bars from nothing to the highest of them: a drifting machine and a slow candidate are seen at once. */
function sparkline(rates: readonly number[]): string {
  const most = Math.max(...rates)
  const steps = SPARKS.length - 1
  return rates.map((rate) => SPARKS.charAt(most === 0 ? 0 : Math.round((rate / most) * steps))).join('')
}

/** From the pace of this phase, servers' start between trials included. */
function secondsLeft({ running, last, finished, firstTrialMs }: BlockState, nowMs: number): number | null {
  const total = (running ?? last)?.total ?? null
  if (total === null || finished === 0 || firstTrialMs === null) return null
  const done = running === null ? (last?.number ?? 0) : running.number - 1
  const remaining = total - done
  return remaining <= 0
    ? null
    : Math.max(1, Math.round((((nowMs - firstTrialMs) / finished) * remaining) / 1000))
}

function better(trial: TrialFinished, best: TrialFinished | null): TrialFinished | null {
  if (!trial.validity.ok) return best
  return best === null || trial.throughputRps > best.throughputRps ? trial : best
}
