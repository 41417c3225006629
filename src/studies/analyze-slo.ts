import type { Measured } from '../advisor/decide.js'
import { isAborted } from '../experiment/abort.js'
import { judgeRate, type RateJudgement } from '../experiment/judge-rate.js'
import { bisectRate, type RateRange } from '../experiment/rate-bisection.js'
import type { LargestRate } from '../experiment/rate-search.js'
import type { RateProbe } from '../result/rate-document.js'
import type { AnalyzePlan } from './analyze-plan.js'
import {
  fewestHalvings,
  halvingsIn,
  isBeyond,
  mostConnections,
  RAMP_SECONDS,
  rateRange,
  WARM_UP_SECONDS,
  windowAndRampSeconds,
  windowSeconds,
  type Search,
} from './rate-range.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

const TIMEOUT_SECONDS = 10

export interface Searched {
  key: string
  largest: LargestRate
  probes: RateProbe[]
}

/** Why a configuration has no rate. */
export type Unsearched = 'time' | 'generator'

export interface SearchOutcome {
  found: Searched[]
  /** By key; after an abort not everybody is in one of the two. */
  unsearched: Map<string, Unsearched>
}

/**
 * The largest rate at which each configuration keeps the objective, by open load on a server that was started anew. The rate
 * that is answered has met the objective twice. Configurations for which the time is not enough are left out, as are those that
 * come after an abort.
 */
export async function searchRates(
  plan: AnalyzePlan,
  measured: readonly Measured[],
  search: Search,
  makeTarget: MakeTarget,
  run: Run,
): Promise<SearchOutcome> {
  const { tools, fleet, signal } = run
  const ground = { workload: plan.workload, machine: tools.machine }
  const found: Searched[] = []
  const unsearched: SearchOutcome['unsearched'] = new Map()
  for (const [index, one] of measured.entries()) {
    const { key, configuration, throughputRps } = one
    const leftSeconds = (plan.untilMs.confirmation - tools.clock.monotonicMs()) / 1000
    if ((throughputRps?.value ?? 0) === 0 || signal.aborted) continue
    if (search.targetRps !== null && isBeyond(search.targetRps, one, ground)) {
      tools.progress.note(`${key}: the target is beyond what it can carry, by closed load and by the model`)
      found.push({ key, largest: { met: null, failed: null }, probes: [] })
      continue
    }
    const range = rateRange(one, ground)
    // An equal share each; where that is too little for all, the first ones get what the coarsest search takes.
    const whole = halvingsIn(leftSeconds, range, search) === null ? null : fewestHalvings(range)
    const halvings = halvingsIn(leftSeconds / (measured.length - index), range, search) ?? whole
    if (halvings === null) {
      unsearched.set(key, 'time')
      continue
    }
    tools.progress.phase(`rate of ${key}`)
    try {
      await fleet.stop()
      await fleet.start([makeTarget(configuration, key)], signal, () => undefined)
      const searched = await searchOne(plan, one, { range, halvings }, search, run)
      if (typeof searched === 'string') unsearched.set(key, searched)
      else found.push({ key, ...searched })
    } catch (error) {
      // What was found before is not lost.
      if (!isAborted(run.signal)) throw error
    }
  }
  return { found, unsearched }
}

async function searchOne(
  { request, load, seed, untilMs }: AnalyzePlan,
  { key, configuration }: Measured,
  { range, halvings }: { range: RateRange; halvings: number },
  { objective, targetRps }: Search,
  { tools, fleet, signal }: Run,
): Promise<Omit<Searched, 'key'> | Unsearched> {
  const { generator, openGenerator, machine, progress, clock } = tools
  if (openGenerator === undefined) throw new Error('an objective takes a generator of open load')
  const { address } = fleet.get(key)
  const warm = { rampSeconds: 0, windowSeconds: WARM_UP_SECONDS, timeoutSeconds: TIMEOUT_SECONDS }
  const connections = load.connectionsOf(configuration)
  await generator.run({ address, request, connections, ...warm }, signal)
  const probes: RateProbe[] = []
  const probe = async (ratePerSecond: number): Promise<RateJudgement> => {
    const outcome = await openGenerator.run(
      {
        ...{ address, request, ratePerSecond, arrivals: 'poisson' },
        seed: seed + probes.length,
        maxConnections: mostConnections(machine),
        rampSeconds: RAMP_SECONDS,
        windowSeconds: windowSeconds(ratePerSecond, objective),
        timeoutSeconds: TIMEOUT_SECONDS,
      },
      signal,
    )
    const judged = judgeRate(outcome, objective)
    probes.push({ ratePerSecond, outcome, ...judged })
    progress.note(`${key} at ${Math.round(ratePerSecond)} req/s: ${judged.why ?? 'met'}`)
    return judged
  }
  // A generator that is late once was perhaps disturbed; one that is late twice can do no more.
  const ask = async (ratePerSecond: number): Promise<boolean> => {
    const { met, believed } = await probe(ratePerSecond)
    return met || (!believed && isTimeFor(ratePerSecond, 1) && (await probe(ratePerSecond)).met)
  }
  const isTimeFor = (ratePerSecond: number, times: number): boolean =>
    clock.monotonicMs() + 1000 * times * windowAndRampSeconds(ratePerSecond, objective) <=
    untilMs.confirmation
  const largest =
    targetRps === null
      ? await bisectRate(range, halvings, ask, isTimeFor)
      : (await ask(targetRps)) && (await ask(targetRps))
        ? { met: targetRps, failed: null }
        : { met: null, failed: targetRps }
  if (largest === null) return 'time'
  const believed = { met: largest.met, failed: lowestFailed(probes, largest.met ?? 0) }
  return isGeneratorsDoing(believed, probes) ? 'generator' : { largest: believed, probes }
}

/** Of a window in which the generator was late nothing follows for the server: that it met no rate least of all. */
function isGeneratorsDoing({ met, failed }: LargestRate, probes: readonly RateProbe[]): boolean {
  return met === null && probes.some((one) => !one.believed && one.ratePerSecond < (failed ?? Infinity))
}

/** The lowest rate above this that the server, and not the generator, failed at. */
function lowestFailed(probes: readonly RateProbe[], met: number): number | null {
  const rates = probes
    .filter((one) => !one.met && one.believed && one.ratePerSecond > met)
    .map(({ ratePerSecond }) => ratePerSecond)
  return rates.length === 0 ? null : Math.min(...rates)
}
