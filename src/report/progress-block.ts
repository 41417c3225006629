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
  last: TrialFinished | null
  best: TrialFinished | null
  /** For the time left: trials of this phase, and when the first of them began. */
  finished: number
  firstTrialMs: number | null
}

const DEFAULT_COLUMNS = 80

/** One block on a terminal, erased and drawn again with every event. */
export function createBlock({ stream, now, unicode = true }: ProgressOptions): Progress {
  const startedMs = now()
  let drawn = 0
  let ended = false
  let state = freshState('starting')

  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[0J`)
  const draw = (): void => {
    if (ended) return
    // A line as wide as the terminal would wrap, and the count of lines to go up would be wrong.
    const width = columnsOf(stream) - 1
    const lines = blockLines(state, startedMs, now()).map((text) => printable(text, unicode).slice(0, width))
    stream.write(`${erase()}${lines.join('\n')}\n`)
    drawn = lines.length
  }

  return {
    phase: (name) => {
      state = freshState(name)
      draw()
    },
    trialStarted: (trial) => {
      state = { ...state, running: trial, firstTrialMs: state.firstTrialMs ?? now() }
      draw()
    },
    trialFinished: (trial) => {
      state = {
        ...state,
        running: null,
        last: trial,
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
  return { phase, running: null, last: null, best: null, finished: 0, firstTrialMs: null }
}

function blockLines(state: BlockState, startedMs: number, nowMs: number): string[] {
  const { phase, running, last, best } = state
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
    ...(running === null ? [] : [`  now   ${running.target} ${at(running.connections)}`]),
    ...(last === null ? [] : [`  last  ${outcome(last)}`]),
    ...(best === null ? [] : [`  best  ${best.target}: ${formatRate(best.throughputRps)} req/s`]),
  ]
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
