import type { CompareWith, Compared, Measured } from '../advisor/decide.js'
import { isAborted } from '../experiment/abort.js'
import { judgeRate } from '../experiment/judge-rate.js'
import type { LargestRate } from '../experiment/rate-search.js'
import type { Objective } from '../result/objective.js'
import { requestsToCarry } from '../result/percentile.js'
import type { RateProbe } from '../result/rate-document.js'
import type { AnalyzePlan } from './analyze-plan.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** Halvings of the range on a logarithmic scale: 0.2 to 1.1 of the throughput, to within 6 % with five, 24 % with three. */
const MOST_HALVINGS = 5
const FEWEST_HALVINGS = 3
/** The rate that is answered is tried again. That a lower one is tried as well, where it fails then, is rare. */
const REPEATS = 1
const LOWEST = 0.2
const HIGHEST = 1.1
const RAMP_SECONDS = 0.5
const WARM_UP_SECONDS = 1
const WINDOW_SECONDS = 1.5
const TIMEOUT_SECONDS = 10
const MOST_CONNECTIONS = 1000
const BOOT_SECONDS = 1.5
/** Rates closer than this are the same: it is how finely the search tells them apart. */
const SAME_RATE = 1.1

export interface Searched {
  key: string
  largest: LargestRate
  probes: RateProbe[]
}

/** What is searched, and how. */
export interface Search {
  objective: Objective
  targetRps: number | null
}

function windowSeconds(ratePerSecond: number, { percentile }: Objective): number {
  return Math.max(WINDOW_SECONDS, requestsToCarry(percentile) / ratePerSecond)
}

/** What one rate of a search takes, with what lies between two of them. */
function probeSeconds(ratePerSecond: number, objective: Objective): number {
  return RAMP_SECONDS + windowSeconds(ratePerSecond, objective) + 0.3
}

/** What a search of so many rates takes of a configuration that did `reachedRps` by closed load. A target is one rate, tried twice. */
function searchSeconds(reachedRps: number, halvings: number, { objective, targetRps }: Search): number {
  const start = BOOT_SECONDS + WARM_UP_SECONDS
  if (targetRps !== null) return start + (1 + REPEATS) * probeSeconds(targetRps, objective)
  return start + (halvings + REPEATS) * probeSeconds(reachedRps * Math.sqrt(LOWEST * HIGHEST), objective)
}

/** What the coarsest search of all of these takes. */
export function leastSearchSeconds(measured: readonly Measured[], search: Search): number {
  return measured.reduce((sum, { throughputRps }) => {
    const reached = throughputRps?.value ?? 0
    return reached === 0 ? sum : sum + searchSeconds(reached, FEWEST_HALVINGS, search)
  }, 0)
}

/** As many halvings as the seconds carry, `null` when not even the fewest. */
function halvingsIn(seconds: number, reachedRps: number, search: Search): number | null {
  for (let halvings = MOST_HALVINGS; halvings >= FEWEST_HALVINGS; halvings--) {
    if (searchSeconds(reachedRps, halvings, search) <= seconds) return halvings
  }
  return null
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
): Promise<Searched[]> {
  const { tools, fleet, signal } = run
  const found: Searched[] = []
  for (const [index, { key, configuration, throughputRps }] of measured.entries()) {
    const reached = throughputRps?.value ?? 0
    const leftSeconds = (plan.untilMs.confirmation - tools.clock.monotonicMs()) / 1000
    if (reached === 0 || signal.aborted) continue
    // An equal share each; where that is too little for all, the first ones get what the coarsest search takes.
    const whole = halvingsIn(leftSeconds, reached, search) === null ? null : FEWEST_HALVINGS
    const steps = halvingsIn(leftSeconds / (measured.length - index), reached, search) ?? whole
    if (steps === null) continue
    tools.progress.phase(`rate of ${key}`)
    try {
      await fleet.stop()
      await fleet.start([makeTarget(configuration, key)], signal, () => undefined)
      const searched = await searchOne(plan, key, { reached, steps }, search, run)
      if (searched !== null) found.push({ key, ...searched })
    } catch (error) {
      // What was found before is not lost.
      if (!isAborted(run.signal)) throw error
    }
  }
  return found
}

/** `null` where the time ended before anything was known. */
async function searchOne(
  { request, load, seed, untilMs }: AnalyzePlan,
  key: string,
  { reached, steps }: { reached: number; steps: number },
  { objective, targetRps }: Search,
  { tools, fleet, signal }: Run,
): Promise<Omit<Searched, 'key'> | null> {
  const { generator, openGenerator, machine, progress, clock } = tools
  if (openGenerator === undefined) throw new Error('an objective takes a generator of open load')
  const { address } = fleet.get(key)
  const warm = { rampSeconds: 0, windowSeconds: WARM_UP_SECONDS, timeoutSeconds: TIMEOUT_SECONDS }
  await generator.run({ address, request, connections: load.connections, ...warm }, signal)
  const probes: RateProbe[] = []
  const probe = async (ratePerSecond: number): Promise<boolean> => {
    const outcome = await openGenerator.run(
      {
        ...{ address, request, ratePerSecond, arrivals: 'poisson' },
        seed: seed + probes.length,
        maxConnections: Math.max(
          1,
          Math.min(MOST_CONNECTIONS, (machine.openFilesLimit ?? MOST_CONNECTIONS) / 4),
        ),
        rampSeconds: RAMP_SECONDS,
        windowSeconds: windowSeconds(ratePerSecond, objective),
        timeoutSeconds: TIMEOUT_SECONDS,
      },
      signal,
    )
    const judged = judgeRate(outcome, objective)
    probes.push({ ratePerSecond, outcome, ...judged })
    progress.note(`${key} at ${Math.round(ratePerSecond)} req/s: ${judged.why ?? 'met'}`)
    return judged.met
  }
  const isTimeFor = (ratePerSecond: number, times: number): boolean =>
    clock.monotonicMs() + 1000 * times * probeSeconds(ratePerSecond, objective) <= untilMs.confirmation
  const largest =
    targetRps === null
      ? await bisect({ lowest: LOWEST * reached, highest: HIGHEST * reached, steps }, probe, isTimeFor)
      : (await probe(targetRps)) && (await probe(targetRps))
        ? { met: targetRps, failed: null }
        : { met: null, failed: targetRps }
  return largest === null ? null : { largest, probes }
}

/**
 * The highest rate may not be carried, the lowest may fail; in between halves until the steps are used up, or the time, then repeats. `null`
 * where the time was up before a rate was met twice, or the fewest were missed: lower rates take longer than was planned for.
 */
async function bisect(
  { lowest, highest, steps }: { lowest: number; highest: number; steps: number },
  probe: (rate: number) => Promise<boolean>,
  isTimeFor: (rate: number, times: number) => boolean,
): Promise<LargestRate | null> {
  let [met, failed]: [number | null, number] = [null, highest]
  for (let step = 0; step < steps; step++) {
    const rate = Math.sqrt((met ?? lowest) * failed)
    if (!isTimeFor(rate, 1 + REPEATS)) {
      if (met === null && step < FEWEST_HALVINGS) return null
      break
    }
    if (await probe(rate)) met = rate
    else failed = rate
  }
  // A rate that met the objective once and does not again was luck.
  if (met !== null && !(await probe(met))) {
    failed = met
    met /= SAME_RATE
    if (!isTimeFor(met, 1 + REPEATS)) return null
    if (!(await probe(met)) || !(await probe(met))) return { met: null, failed: met }
  }
  return { met, failed }
}

/**
 * The searches in the words of the advisor: the rate in place of the throughput, brackets in place of intervals. What keeps the objective
 * at no rate has the rate 0.
 */
export function weighRates(
  searched: readonly Searched[],
  measured: readonly Measured[],
): { measured: Measured[]; compareWith: CompareWith } {
  const largestOf = new Map(searched.map(({ key, largest }) => [key, largest]))
  const latencyOf = new Map(searched.map((one) => [one.key, latencyAt(one)]))
  const rated = measured.flatMap((one): Measured[] => {
    const largest = largestOf.get(one.key)
    if (largest === undefined) return []
    const met = largest.met ?? 0
    // Of no rate there is no latency, and that of the race is of closed load.
    const latencyUs = latencyOf.get(one.key) ?? { p50: null, p95: null, p99: null }
    return [{ ...one, latencyUs, throughputRps: { value: met, low: met, high: largest.failed } }]
  })
  const compareWith: CompareWith = (reference) =>
    new Map(
      rated.flatMap(({ key }) => {
        const compared = key === reference ? null : compareRates(largestOf.get(key), largestOf.get(reference))
        return compared === null ? [] : [[key, compared] as const]
      }),
    )
  return { measured: rated, compareWith }
}

/** Latency of the rate that is answered, not of the race, where every client waited for the others. */
function latencyAt({ largest, probes }: Searched): Measured['latencyUs'] | null {
  const last = probes.findLast(({ met, ratePerSecond }) => met && ratePerSecond === largest.met)
  if (last === undefined) return null
  const { p50, p95, p99 } = last.outcome.latencyUs
  return { p50, p95, p99 }
}

function compareRates(a: LargestRate | undefined, b: LargestRate | undefined): Compared | null {
  const [mine, other] = [a?.met ?? 0, b?.met ?? 0]
  if (mine === 0 && other === 0) return null
  const [low, high] = [ratio(mine, b?.failed ?? other), ratio(a?.failed ?? mine, other)]
  const effect = { ratio: ratio(mine, other) ?? low ?? 1, low, high, blocks: 1 }
  return {
    effect: { ...effect, ratio: Math.max(effect.ratio, 1e-3) },
    // Of a target that one carries and the other does not, no ratio is known, but who is better.
    verdict: other === 0 ? 'better' : mine === 0 ? 'worse' : verdictOf(low, high),
    blocksToDecide: null,
  }
}

function ratio(a: number, b: number): number | null {
  return b === 0 ? null : a / b
}

function verdictOf(low: number | null, high: number | null): Compared['verdict'] {
  if (low !== null && low > SAME_RATE) return 'better'
  if (high !== null && high < 1 / SAME_RATE) return 'worse'
  return low !== null && high !== null && low > 1 / SAME_RATE && high < SAME_RATE
    ? 'equivalent'
    : 'inconclusive'
}
