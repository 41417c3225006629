import type { Candidate, MemoryModel, Recommendation, Workload } from '../../result/analysis.js'
import type { Configuration } from '../../result/configuration.js'
import type { Machine } from '../../result/machine.js'
import type { Background } from '../background.js'
import type { Observed } from '../observed.js'
import type { ServerTraits } from './server-traits.js'

/** What the rules look at. */
export interface RuleContext {
  workload: Workload
  machine: Machine
  memory: MemoryModel
  server: ServerTraits
  /** What one configuration may use, that with its source in words, and whether the source is `--max-memory`. */
  memoryBudget: { bytes: number; text: string; isAsked: boolean }
  recommended: Configuration
  action: Recommendation['action']
  /** With their effects against the recommended one. */
  candidates: readonly Candidate[]
  /** Of the recommended configuration, requests per second; `null` where nothing is known. */
  expectedRps: number | null
  /** Requests under way at which its throughput stopped growing, or grew still, in all its loops; `null` where nobody varied them. */
  kneeSeen: number | null
  /** What effects of candidates are a ratio of: `throughput`. */
  measure: string
  /** Share of the effective CPUs that it used at its load; `null` where nothing is known. */
  cpuUse: number | null
  /** Requests per second that were asked for. */
  targetRps: number | null
  /** `expectedRps` was carried within an objective, by open load: no reserve is taken off. */
  openLoad: boolean
  observed: Observed
  /** Of one worker while nobody asks it anything; `null` for next to nothing. */
  background: Background | null
  /** Largest heap that V8 gives a process here by itself. */
  heapLimitBytes: number | null
}
