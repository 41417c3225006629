import type { Candidate, Workload } from '../result/analysis.js'
import { workerKey } from '../result/configuration.js'
import { change, inWords, number, percent } from './wording.js'

/** Fewer workers than that apart, two numbers of them say little of what the next would add. */
const APART = 1.5
/** Less growth than that, over that many more workers, is none. */
const NO_GROWTH = 1.1
/** Of the throughput that each worker had: from here on more of them add in proportion. */
const IN_PROPORTION = 0.85
/** Clients must be more than the requests that proceed, or it was they who ran out. */
const FILLED = 1.5
/** Above this share of the cores it may be CPU that ran out. */
const CORES_IDLE = 0.7

/** The most workers that were raced, beside the next smaller number that is far enough from it, nothing else changed. */
interface Growth {
  fewer: Candidate
  more: Candidate
  fewerRps: number
  moreRps: number
}

interface RaceResult {
  workload: Pick<Workload, 'class' | 'cpuMsPerRequest' | 'residenceMsPerRequest'>
  candidates: readonly Candidate[]
  effectiveCpus: number
}

/** What more workers did not add to: a limit that all of them share. */
export interface SharedLimit {
  /** The most that was measured. */
  throughputRps: number
  /** Those that came as far, give or take what counts as no growth. */
  reached: Candidate[]
  /** The measurement, as a sentence. */
  evidence: string
}

/**
 * A limit behind the app that is shared by all workers, as the race has shown it. `null` where throughput grew, where CPU or the clients may
 * have been what ran out, where another candidate got past it, and where too few numbers of workers were raced to tell.
 */
export function sharedLimitOf({ workload, candidates, effectiveCpus }: RaceResult): SharedLimit | null {
  if (workload.class !== 'downstream') return null
  const growth = growthOf(candidates)
  if (growth === null) return null
  const { fewer, more, fewerRps, moreRps } = growth
  const measured = candidates.filter((one) => rateOf(one) > 0)
  const throughputRps = Math.max(...measured.map(rateOf))
  const underWay = (moreRps * workload.residenceMsPerRequest) / 1000
  const isFilled = fewer.connections <= more.connections && fewer.connections >= FILLED * underWay
  const hasRoom = (throughputRps * workload.cpuMsPerRequest) / 1000 < CORES_IDLE * effectiveCpus
  const isPassed = throughputRps >= NO_GROWTH * Math.max(fewerRps, moreRps)
  if (moreRps >= NO_GROWTH * fewerRps || !isFilled || !hasRoom || isPassed) return null
  return {
    throughputRps,
    reached: measured.filter((one) => NO_GROWTH * rateOf(one) > throughputRps),
    evidence: `${inWords(more.configuration)} carried ${number(moreRps)} requests per second and ${inWords(fewer.configuration)} ${number(fewerRps)} (${change(moreRps / fewerRps)}), so what limits them is shared by all workers`,
  }
}

/**
 * The measurement, as a sentence, where each worker of the most that were raced carried about as much as each of fewer while CPU had room: a
 * limit in each process, and the answer may lie beyond what was tried. `null` where it does not look like that.
 */
export function growthAtEdge({ workload, candidates, effectiveCpus }: RaceResult): string | null {
  if (workload.class !== 'downstream') return null
  const growth = growthOf(candidates)
  if (growth === null) return null
  const { fewer, more, fewerRps, moreRps } = growth
  const each = (moreRps / more.configuration.workers) * (fewer.configuration.workers / fewerRps)
  const used = (moreRps * workload.cpuMsPerRequest) / 1000 / effectiveCpus
  if (each < IN_PROPORTION || used >= CORES_IDLE) return null
  return `${inWords(more.configuration)}, the most of their kind that were tried, carried ${number(moreRps)} requests per second, ${percent(each)} as much each as ${fewer.configuration.workers}, with about ${percent(used)} of the CPUs in use`
}

function growthOf(candidates: readonly Candidate[]): Growth | null {
  const series = new Map<string, Candidate[]>()
  for (const one of candidates) {
    if (rateOf(one) === 0) continue
    const key = workerKey(one.configuration)
    series.set(key, [...(series.get(key) ?? []), one])
  }
  const pairs = [...series.values()].flatMap((all) => {
    const [more, ...others] = all.toSorted((a, b) => b.configuration.workers - a.configuration.workers)
    const fewer = others.find(
      ({ configuration }) => configuration.workers * APART <= (more?.configuration.workers ?? 0),
    )
    return more === undefined || fewer === undefined
      ? []
      : [{ fewer, more, fewerRps: rateOf(fewer), moreRps: rateOf(more) }]
  })
  return pairs.toSorted((a, b) => b.more.configuration.workers - a.more.configuration.workers)[0] ?? null
}

/** 0 where nothing of it may be believed. */
function rateOf({ throughputRps, outcome }: Candidate): number {
  return outcome === 'invalid' || outcome === 'excluded' ? 0 : (throughputRps?.value ?? 0)
}
