import { formatClock } from './format.js'
import { createBlock } from './progress-block.js'
import {
  outcome,
  position,
  printable,
  type Progress,
  type ProgressMode,
  type ProgressOptions,
  type ProgressStream,
} from './progress-events.js'

export type { Progress, ProgressMode, ProgressOptions, ProgressStream } from './progress-events.js'

/** What a long run shows on stderr while it runs. */
export function createProgress(options: ProgressOptions): Progress {
  if (options.mode === 'quiet') return quiet
  return options.mode === 'tty' ? createBlock(options) : createLog(options)
}

/** A terminal that can rewrite gets the block, everything else a log. */
export function progressMode(stream: ProgressStream, wantsQuiet: boolean, isCi: boolean): ProgressMode {
  if (wantsQuiet) return 'quiet'
  return stream.isTTY === true && !isCi ? 'tty' : 'log'
}

const nothing = (): void => undefined
const quiet: Progress = {
  phase: nothing,
  trialStarted: nothing,
  trialFinished: nothing,
  note: nothing,
  done: nothing,
}

/** No carriage return and no escape sequence: CI logs keep every byte. */
function createLog({ stream, now, unicode = true }: ProgressOptions): Progress {
  const startedMs = now()
  const line = (text: string): void => {
    stream.write(`[${formatClock((now() - startedMs) / 1000)}] ${printable(text, unicode)}\n`)
  }
  let current = ''
  return {
    phase: (name) => {
      current = name
      line(name)
    },
    trialStarted: nothing,
    trialFinished: (trial) => line(`${current} ${position(trial)}: ${outcome(trial)}`),
    note: line,
    done: nothing,
  }
}
