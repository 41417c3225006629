import { GC_BOUND } from '../constraints.js'
import { milliseconds, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'

/** CPU beside the event loop of an app that computes on it: the helpers of V8's collector, or libuv's pool. */
const HELPED = 0.15
const ADVICE =
  'Look at node --trace-gc and --cpu-prof under load: allocate less per request, or give short-lived objects room with NODE_OPTIONS=--max-semi-space-size=32.'
const BESIDE = 'Workers beyond the cores do not help: the collector uses the other cores already.'

/** Measured where the server tells its collections, else inferred from CPU that an app which only computes on its loop should not use. */
export function garbage(context: RuleContext): KnownFinding | null {
  return stopped(context) ?? helped(context)
}

function stopped({ workload: { constraints = [] } }: RuleContext): KnownFinding | null {
  const bound = constraints.find(({ kind }) => kind === 'gc-bound')
  if (bound === undefined) return null
  return {
    id: 'TUNE-APP-GC',
    level: 'warn',
    title: 'Garbage collection takes a large part of the event loop',
    observed: bound.observed,
    rule: `below ${percent(GC_BOUND)} of the busy time`,
    advice: ADVICE,
    evidence: 'measured',
  }
}

function helped({ workload, server }: RuleContext): KnownFinding | null {
  if (server.language !== 'node') return null
  const { cpuMsPerRequest: cpu, loopMsPerRequest: loop } = workload
  if (workload.class !== 'cpu' || cpu === 0 || loop === 0) return null
  const beside = Math.max(0, 1 - loop / cpu)
  if (beside < HELPED) return null
  return {
    id: 'TUNE-APP-GC',
    level: 'warn',
    title: 'A part of the CPU goes to helper threads, probably to garbage collection',
    observed: `${percent(beside)} of ${milliseconds(cpu)} CPU per request are not on the event loop`,
    rule: `below ${percent(HELPED)} for an app that computes on its loop`,
    advice: `${ADVICE} ${BESIDE}`,
    evidence: 'modelled',
  }
}
