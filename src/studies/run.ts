import { Fleet } from './fleet.js'
import { RunLog } from './run-log.js'
import type { StudyTools } from './tools.js'

/** One run of a study: what it was given, what it has started, what it has measured. */
export interface Run {
  readonly tools: StudyTools
  readonly fleet: Fleet
  readonly log: RunLog
  readonly signal: AbortSignal
}

export function newRun(tools: StudyTools, signal: AbortSignal): Run {
  return { tools, fleet: new Fleet(), log: new RunLog(tools), signal }
}
