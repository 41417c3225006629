import type { MemoryModel, Recommendation, Workload } from '../../result/analysis.js'
import type { Configuration } from '../../result/configuration.js'
import type { Machine } from '../../result/machine.js'
import type { Observed } from '../observed.js'

/** What the rules look at. */
export interface RuleContext {
  workload: Workload
  machine: Machine
  memory: MemoryModel
  recommended: Configuration
  action: Recommendation['action']
  /** Of the recommended configuration, requests per second; `null` where nothing is known. */
  expectedRps: number | null
  /** Requests per second that were asked for. */
  targetRps: number | null
  /** `expectedRps` was carried within an objective, by open load: no reserve is taken off. */
  openLoad: boolean
  /** Configured backlog of the server. */
  backlog: number
  observed: Observed
  /** Largest heap that V8 gives a process here by itself. */
  heapLimitBytes: number | null
}
