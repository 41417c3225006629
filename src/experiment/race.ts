import type { Configuration } from '../result/configuration.js'
import type { RequestSpec } from '../result/request.js'
import type { Trial, TrialPhase } from '../result/trial.js'
import { isAborted } from './abort.js'
import { compareFamily } from './compare.js'
import { FIRST_LOOK, clearlyWorse } from './elimination.js'
import { atOneSpeed } from './host-speed.js'
import { assessNoise } from './noise.js'
import type { UseTarget } from './hosting.js'
import { planBlock, twinLabel } from './plan.js'
import { settledRampSeconds } from './ramp.js'
import type { Random } from './random.js'
import { bothTogether, meanLogThroughput, pairedLogRatios, type LevelTrial } from './samples.js'
import { runTrial, type TrialTools } from './trial-runner.js'
import { warmServer } from './warm-up.js'

/** One configuration in the race. */
export interface Contender {
  /** Unique in the race. */
  label: string
  /** `Trial.target`; contenders that differ in connections only share it. */
  target: string
  workload: string | null
  configuration: Configuration
  /** Its server: `keptUp` or `rebooted` (hosting.ts). */
  use: UseTarget
  connections: number
  /** Long enough for the queue of this configuration to reach its steady length, at least: a warm-up may show that it takes longer. */
  rampSeconds: number
  /** Stays to the end, whatever it shows. */
  control: boolean
}

export interface RacePlan {
  phase: TrialPhase
  contenders: readonly Contender[]
  /** Label of the contender that is in every block twice; `null` for no A/A pair. */
  twinOf: string | null
  request: RequestSpec
  windowSeconds: number
  timeoutSeconds: number
  /**
   * Windows of load on every contender before the first block, until its throughput no longer rises (warm-up.ts): its code is compiled
   * and its caches are warm. 0 for none.
   */
  warmUpSeconds: number
  /** No stop before this many blocks, except for the deadline. */
  minBlocks: number
  maxBlocks: number
  /** Number of the first block, where another race of the same run went before; 0 by default. */
  firstBlock?: number
  /** Which start of the servers this is, in a run that starts them more than once. */
  start?: number
  /** Where a speedometer times them: how many there are. */
  effectiveCpus?: number
  /** The user's practical margin, as a ratio minus one. */
  margin: number
  /** What everybody is compared by while the race runs, in place of the throughput. */
  scoreBy?: ((trials: readonly Trial[]) => (trial: Trial) => Trial) | undefined
  /** Whoever this holds of stays, however far behind the leader: it is good enough for what was asked. */
  isEnough?: ((trials: readonly Trial[]) => boolean) | undefined
  /** When to stop, instead of once everybody is told apart by throughput. Asked after every block from `minBlocks` on. */
  isDecided?: ((soFar: RaceProgress) => boolean) | undefined
  /** On the monotonic clock. A block starts only if it will probably end before; the first one always starts. */
  deadlineMs: number
  /** The same for the first three blocks, before which a race has no interval; `deadlineMs` where absent. */
  firstLookUntilMs?: number
}

export interface RaceTools extends TrialTools {
  random: Random
  nextId: () => number
  onStart: (contender: Contender) => void
  /** A trial that an earlier process of this run has finished already; it is taken over and neither run nor saved again. */
  recorded?: ((contender: Contender, block: number) => Trial | null) | undefined
  /** Awaited after every trial, so that it is safe on disk before the next one starts. */
  onTrial: (trial: Trial, label: string) => void | Promise<void>
}

interface Dropped {
  label: string
  /** Blocks it took part in. */
  blocks: number
  why: 'clearly-worse' | 'invalid'
}

export interface RaceOutcome extends RaceProgress {
  stoppedBy: 'decided' | 'deadline' | 'blocks' | 'interrupted'
}

export interface RaceProgress {
  /** Complete blocks. */
  blocks: number
  dropped: Dropped[]
  /** Labels of contenders that still became faster when their warm-up was cut. */
  cold: string[]
  /** Every finished trial by label, the A/A twin's under `twinLabel`. */
  trials: Map<string, Trial[]>
}

/**
 * Runs blocks of trials until every question is decided, the blocks or the time are used up, or the signal aborts.
 * From the second block on, contenders that are clearly worse leave (elimination.ts), from the third on those of which more than
 * half of the trials are invalid. Controls stay, and so does whoever is in the A/A pair.
 */
export async function race(plan: RacePlan, tools: RaceTools, signal: AbortSignal): Promise<RaceOutcome> {
  const trials = new Map<string, Trial[]>()
  const durationMs = new Map<string, number>()
  const dropped: Dropped[] = []
  const cold: string[] = []
  const queueRps = new Map<string, number>()
  const finish = (blocks: number, stoppedBy: RaceOutcome['stoppedBy']): RaceOutcome => ({
    blocks,
    stoppedBy,
    dropped,
    cold,
    trials,
  })

  if (!(await warmUp(plan, tools, signal, { cold, queueRps }))) return finish(0, 'interrupted')
  let field = plan.contenders.map((one) => ({
    ...one,
    rampSeconds: settledRampSeconds(one.rampSeconds, one.connections, queueRps.get(one.label) ?? 0),
  }))
  for (let block = 0; block < plan.maxBlocks; block++) {
    const labels = planBlock(
      field.map(({ label }) => label),
      tools.random,
      plan.twinOf,
    )
    const untilMs = block < FIRST_LOOK ? (plan.firstLookUntilMs ?? plan.deadlineMs) : plan.deadlineMs
    if (block > 0 && tools.clock.monotonicMs() + expectedMs(labels, durationMs) > untilMs) {
      return finish(block, 'deadline')
    }
    for (const label of labels) {
      const contender = field.find((one) => one.label === label) ?? twin(field, plan.twinOf)
      const kept = tools.recorded?.(contender, block + (plan.firstBlock ?? 0)) ?? null
      if (kept !== null) {
        trials.set(label, [...(trials.get(label) ?? []), kept])
        continue
      }
      const startMs = tools.clock.monotonicMs()
      tools.onStart(contender)
      const trial = await trialOrInterruption(contender, block, plan, tools, signal)
      if (trial === null) return finish(block, 'interrupted')
      durationMs.set(label, tools.clock.monotonicMs() - startMs)
      trials.set(label, [...(trials.get(label) ?? []), trial])
      await tools.onTrial(trial, label)
    }
    const leaving = whoLeaves(field, trials, block + 1, plan)
    dropped.push(...leaving)
    field = field.filter(({ label }) => !leaving.some((one) => one.label === label))
    const blocks = block + 1
    const decided = plan.isDecided ?? (() => isDecided(field, trials, plan))
    if (blocks >= plan.minBlocks && decided({ blocks, dropped, cold, trials }))
      return finish(blocks, 'decided')
  }
  return finish(plan.maxBlocks, 'blocks')
}

function twin(field: readonly Contender[], twinOf: string | null): Contender {
  const original = field.find(({ label }) => label === twinOf)
  if (original === undefined) throw new Error(`the A/A twin ${String(twinOf)} has left the race`)
  return original
}

/** False when the signal ended it. */
async function warmUp(
  plan: RacePlan,
  tools: RaceTools,
  signal: AbortSignal,
  { cold, queueRps }: { cold: string[]; queueRps: Map<string, number> },
): Promise<boolean> {
  const { request, timeoutSeconds, warmUpSeconds } = plan
  if (warmUpSeconds === 0) return true
  for (const { label, use, configuration, connections } of plan.contenders) {
    if (isAborted(signal)) return false
    const load = { request, connections, windowSeconds: warmUpSeconds, timeoutSeconds }
    try {
      const warm = await use((running) => warmServer(running, configuration, load, tools.generator, signal))
      queueRps.set(label, warm.queueRps)
      if (!warm.steady) cold.push(label)
    } catch (error) {
      if (isAborted(signal)) return false
      throw error
    }
  }
  return true
}

async function trialOrInterruption(
  contender: Contender,
  block: number,
  plan: RacePlan,
  tools: RaceTools,
  signal: AbortSignal,
): Promise<Trial | null> {
  const { target, workload, configuration, use, connections, rampSeconds } = contender
  const { phase, request, windowSeconds, timeoutSeconds } = plan
  if (signal.aborted) return null
  try {
    const number = block + (plan.firstBlock ?? 0)
    const which = { phase, block: number, ...(plan.start === undefined ? {} : { start: plan.start }) }
    const order = { id: tools.nextId(), ...which, target, workload, configuration }
    const load = { request, connections, rampSeconds, windowSeconds, timeoutSeconds }
    return await use((running) => runTrial(order, running, load, tools, signal))
  } catch (error) {
    // A generator rejects when the signal cuts its window short. Any other failure is not ours to hide.
    if (isAborted(signal)) return null
    throw error
  }
}

/** A trial takes about what it took last time; one that has not run yet, what the longest took. */
function expectedMs(labels: readonly string[], durationMs: ReadonlyMap<string, number>): number {
  const longest = Math.max(0, ...durationMs.values())
  return labels.reduce((sum, label) => sum + (durationMs.get(label) ?? longest), 0)
}

function whoLeaves(
  field: readonly Contender[],
  trials: ReadonlyMap<string, Trial[]>,
  blocksDone: number,
  plan: RacePlan,
): Dropped[] {
  const stays = ({ label, control }: Contender): boolean =>
    control || label === plan.twinOf || plan.isEnough?.(trials.get(label) ?? []) === true
  const free = new Set(field.filter((one) => !stays(one)).map(({ label }) => label))
  const of = knownOf(levelsOf(trials, plan), plan)
  const mayFail = field.filter(({ control, label }) => !control && label !== plan.twinOf)
  const invalid =
    blocksDone < FIRST_LOOK
      ? []
      : mayFail.map(({ label }) => label).filter((label) => isMostlyInvalid(of(label)))
  const best = leader(field, of)
  const rivals = field.filter(({ label }) => label !== best)
  const pairs = new Map(
    best === null ? [] : rivals.map(({ label }) => [label, pairedLogRatios(of(label), of(best))]),
  )
  const worse = clearlyWorse(pairs, blocksDone, plan.margin).filter((label) => free.has(label))
  return [
    ...invalid.map((label) => ({ label, blocks: blocksDone, why: 'invalid' as const })),
    ...worse
      .filter((label) => !invalid.includes(label))
      .map((label) => ({ label, blocks: blocksDone, why: 'clearly-worse' as const })),
  ]
}

function isMostlyInvalid(trials: readonly Trial[]): boolean {
  return trials.filter(({ validity }) => validity.ok).length < trials.length / 2
}

/** What everybody is compared by, at one speed of the machine. */
function levelsOf(
  trials: ReadonlyMap<string, readonly Trial[]>,
  { scoreBy, effectiveCpus }: RacePlan,
): ReadonlyMap<string, readonly LevelTrial[]> {
  const score = scoreBy?.([...trials.values()].flat())
  const scored =
    score === undefined ? trials : new Map([...trials].map(([label, own]) => [label, own.map(score)]))
  return atOneSpeed(scored, effectiveCpus ?? null).trials
}

type TrialsOf = (label: string) => readonly LevelTrial[]

/** Of whoever is in every block twice, both. */
function knownOf(trials: ReadonlyMap<string, readonly LevelTrial[]>, { twinOf }: RacePlan): TrialsOf {
  const of: TrialsOf = (label) => trials.get(label) ?? []
  return (label) => (label === twinOf ? bothTogether(of(label), of(twinLabel(label))) : of(label))
}

/** The contender with the highest geometric mean of throughput so far. */
function leader(field: readonly Contender[], of: TrialsOf): string | null {
  let best: { label: string; score: number } | null = null
  for (const { label } of field) {
    const score = meanLogThroughput(of(label))
    if (score !== null && (best === null || score > best.score)) best = { label, score }
  }
  return best?.label ?? null
}

/** Nothing left to learn: everybody is told apart from the leader and from the controls, or is equivalent to them. */
function isDecided(
  field: readonly Contender[],
  trials: ReadonlyMap<string, Trial[]>,
  plan: RacePlan,
): boolean {
  const known = levelsOf(trials, plan)
  const of = knownOf(known, plan)
  const best = leader(field, of)
  if (best === null) return false
  const { twinOf } = plan
  const aa =
    twinOf === null ? [] : pairedLogRatios(known.get(twinLabel(twinOf)) ?? [], known.get(twinOf) ?? [])
  const { margin } = assessNoise(aa, aa, plan.margin)
  const references = new Set([best, ...field.filter(({ control }) => control).map(({ label }) => label)])
  // By the test that judges them in the end, which allows for the number of comparisons.
  return [...references].every((reference) => {
    const others = field.filter(({ label }) => label !== reference)
    const pairs = new Map(others.map(({ label }) => [label, pairedLogRatios(of(label), of(reference))]))
    const family = compareFamily(pairs, margin)
    return others.every(({ label }) => (family.get(label)?.verdict ?? 'inconclusive') !== 'inconclusive')
  })
}
