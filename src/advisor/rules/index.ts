import { downstream, fails, leak, slowest, threadPool, waitPerCpu } from './app-rules.js'
import { fewerConnections, keepAlive, listenDrops, loopRoom, reopened } from './connection-rules.js'
import { background } from './background-rule.js'
import { garbage } from './garbage-rule.js'
import type { RuleContext } from './context.js'
import { ruleCpu, ruleDefault, ruleIo, ruleMemory } from './decision-rules.js'
import type { KnownFinding } from './ids.js'
import { nextStep } from './next-rule.js'
import { routes } from './route-rules.js'
import {
  backlog,
  heapPerWorker,
  heuristicMemory,
  hostCores,
  openFiles,
  targetRate,
  throttled,
} from './limit-rules.js'
import { unevenWait } from './wait-rules.js'

export type { RuleContext }

const RULES: readonly ((context: RuleContext) => KnownFinding | null)[] = [
  ruleIo,
  ruleCpu,
  ruleMemory,
  ruleDefault,
  waitPerCpu,
  hostCores,
  heuristicMemory,
  heapPerWorker,
  throttled,
  openFiles,
  backlog,
  loopRoom,
  fewerConnections,
  listenDrops,
  keepAlive,
  reopened,
  slowest,
  unevenWait,
  targetRate,
  threadPool,
  downstream,
  garbage,
  background,
  fails,
  leak,
  routes,
  nextStep,
]

/**
 * The classic decision table, rule by rule with what was measured, then the limits of the machine, then what the app itself showed.
 * Rules that do not concern the run say nothing.
 */
export function applyRules(context: RuleContext): KnownFinding[] {
  return RULES.map((rule) => rule(context)).filter((finding) => finding !== null)
}
