import { Fleet } from './fleet.js'
import type { Trial } from '../result/trial.js'
import { RunLog } from './run-log.js'
import type { StudyTools } from './tools.js'

/** One run of a study: what it was given, what it has started, what it has measured. */
export interface Run {
  readonly tools: StudyTools
  readonly fleet: Fleet
  readonly log: RunLog
  readonly signal: AbortSignal
}

/** @param recorded trials of an earlier process of the same run */
export function newRun(tools: StudyTools, signal: AbortSignal, recorded: readonly Trial[] = []): Run {
  return { tools, fleet: new Fleet(), log: new RunLog(tools, recorded), signal }
}
