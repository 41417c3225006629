import { disturbEachOther, type Background } from '../advisor/background.js'
import { proposeCandidates, type Proposals } from '../advisor/candidates.js'
import { candidateLimit, MOST_CANDIDATES, startSecondsOf, type Pace } from '../advisor/load-plan.js'
import { drainSeconds, moderateLoad, planRaceLoad, rampSeconds, type RaceLoad } from '../advisor/load-plan.js'
import { isSuspicious, modelOf } from '../advisor/memory-readings.js'
import { fitTogether, memoryBudget } from '../advisor/memory.js'
import { policyFor, type Policy } from '../advisor/policy.js'
import {
  planRateTime,
  planTime,
  secondsToSettleAll,
  settleSecondsFor,
  type TimePlan,
} from '../advisor/time-plan.js'
import { DEFAULT_MARGIN } from '../experiment/noise.js'
import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import { inWords, mebibytes, number } from '../advisor/wording.js'
import type { MemoryModel, Workload } from '../result/analysis.js'
import { configurationKey } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import { EXIT, TuneError, usageError } from '../result/error.js'
import type { Machine } from '../result/machine.js'
import { PLAIN_QUESTION, type Question } from '../result/question.js'
import type { RequestSpec } from '../result/request.js'
import type { AnalyzeSettings } from './analyze.js'
import { MOST_OF_BUDGET, type Probe } from './probe.js'
import type { StudyTools } from './tools.js'

/** Between the windows of two trials: counters are read, connections opened and closed. */
const BETWEEN_TRIALS_SECONDS = 0.2
/** The first block may overrun by so much of the budget; an app for which it takes longer needs another budget. */
const MOST_OVERRUN = 0.5

/** The probe, and how long its server took to be ready. */
export type Probed = Probe & { bootSeconds: number }

/** What is measured after the probe, with which load, and until when. */
export interface AnalyzePlan {
  request: RequestSpec
  seed: number
  budgetSeconds: number
  question: Question
  policy: Policy
  workload: Workload
  memory: MemoryModel
  /** Bytes that one configuration may use. */
  memoryBudgetBytes: number
  /** The probe grew so much under overload that it may have been a leak, which only more trials tell. */
  mayLeak: boolean
  field: Proposals
  load: RaceLoad
  time: TimePlan
  /** The rule is in every block of the race twice. */
  withTwin: boolean
  startSeconds: number
  /** Load that each server gets before its first block. */
  settleSeconds: { race: number; confirmation: number }
  /** The budget with which the candidates of the race would get it too; `null` where they do, or where nothing has to settle. */
  budgetToSettleSeconds: number | null
  margin: number
  /** Of one worker, while nobody asks it anything. */
  background: Background | null
  /** Why each candidate is booted for its trials; `null` where all are up at once. */
  apart: NonNullable<AnalyzeDocument['plan']['apart']> | null
  /** Ends of the phases, on the monotonic clock. */
  untilMs: { race: number; confirmation: number; sweep: number }
}

/** Candidates by formula, as many as the time carries, and the shares of the time. */
export function planRun(
  { workload, memory: reading, background, bootSeconds, generatorRps }: Probed,
  { request, seed, server, budgetSeconds, question = PLAIN_QUESTION }: AnalyzeSettings,
  deadlineMs: number,
  { machine, clock }: StudyTools,
): AnalyzePlan {
  const { effectiveCpus, openFilesLimit } = machine
  const { current } = question
  const policy = policyFor(question)
  const memoryBudgetBytes = memoryBudgetFor(machine, question)
  const memory = modelOf(reading, null, memoryBudgetBytes, threadsLoadApp(server))
  assertHoldsOne(memory, question)
  const propose = (limit: number): Proposals =>
    proposeCandidates({
      ...{ workload, effectiveCpus, memory, memoryBudgetBytes, openFilesLimit, limit },
      enoughRps: policy.enoughRps,
      current: current && { configuration: current.configuration, because: `runs today: ${current.source}` },
      asked: question.candidates.map((configuration) => ({
        configuration,
        because: 'asked for with --candidate',
      })),
      ...(server === undefined ? {} : { supports: server.supports }),
    })
  const loadFor = ({ proposals }: Proposals): RaceLoad => {
    const configurations = proposals.map(({ configuration }) => configuration)
    const full = planRaceLoad(configurations, workload, effectiveCpus, openFilesLimit, generatorRps)
    return question.optimize === 'latency'
      ? moderateLoad(full, configurations, workload, effectiveCpus)
      : full
  }

  // How long a trial takes depends on the candidates, and how many candidates there may be on how long a trial takes.
  const many = propose(MOST_CANDIDATES)
  const startSeconds = startSecondsOf(bootSeconds)
  const apartOf = ({ proposals }: Proposals): AnalyzePlan['apart'] => {
    const all = proposals.map(({ configuration }) => configuration)
    if (!fitTogether(all, memory, memoryBudget(machine))) return 'memory'
    return disturbEachOther(all, background, effectiveCpus) ? 'background' : null
  }
  const isTogether = apartOf(many) === null
  const bootEach = isTogether ? 0 : bootSeconds
  const pace: Pace = {
    trialSeconds: bootEach + meanTrialSeconds(many, workload, loadFor(many), effectiveCpus),
    startSeconds,
  }
  const leftSeconds = (deadlineMs - clock.monotonicMs()) / 1000
  const controls = many.proposals.filter(({ control }) => control).length
  const named = many.proposals.filter(({ control, asked }) => control || asked).length
  const wanted = question.slo === null && isTogether ? settleSecondsFor(workload, leftSeconds) : 0
  const timeWith = (settleSeconds: number): TimePlan =>
    question.slo === null
      ? planTime(leftSeconds, { ...pace, settleSeconds }, controls, named)
      : planRateTime(leftSeconds, pace)
  // A confirmation of heaps that have not settled is more than none.
  const settleSeconds = timeWith(wanted).confirmationSeconds > 0 ? wanted : 0
  const toSettleAll = secondsToSettleAll(many.proposals.length, pace, controls)
  const isRaceSettled = settleSeconds > 0 && leftSeconds >= toSettleAll
  const time = timeWith(settleSeconds)
  const isConfirmed = time.confirmationSeconds > 0
  // Every run has an A/A pair: in the confirmation, but where none follows, or one of rates.
  const withTwin = !isConfirmed || question.slo !== null
  const inRace = { ...pace, settleSeconds: isRaceSettled ? settleSeconds : 0 }
  const field = propose(candidateLimit(time.raceSeconds, inRace, { isConfirmed, withTwin }))
  assertTimeForBlock(field.proposals.length, withTwin, pace, leftSeconds, budgetSeconds)
  const confirmation = deadlineMs - 1000 * time.sweepSeconds
  return {
    ...{ request, seed, budgetSeconds, question, workload, memory, memoryBudgetBytes },
    mayLeak: isSuspicious(reading),
    ...{ field, time, withTwin, startSeconds },
    settleSeconds: { race: inRace.settleSeconds, confirmation: settleSeconds },
    budgetToSettleSeconds:
      wanted > 0 && !isRaceSettled ? budgetFor(toSettleAll, leftSeconds, budgetSeconds) : null,
    margin: DEFAULT_MARGIN,
    policy,
    load: loadFor(field),
    background,
    apart: apartOf(field),
    untilMs: {
      race: confirmation - 1000 * time.confirmationSeconds,
      confirmation,
      sweep: deadlineMs,
    },
  }
}

/** With which so much is left after the probe. */
function budgetFor(seconds: number, leftSeconds: number, budgetSeconds: number): number {
  const spent = Math.max(0, budgetSeconds - leftSeconds)
  // A larger budget has a longer probe.
  return 10 * Math.ceil((1 + MOST_OF_BUDGET) * ((spent + seconds) / 10))
}

/** A race of no block answers nothing, and one that takes several budgets is not what was asked for. */
function assertTimeForBlock(
  candidates: number,
  withTwin: boolean,
  { trialSeconds, startSeconds }: Pace,
  leftSeconds: number,
  budgetSeconds: number,
): void {
  const [starts, block] = [candidates * startSeconds, (candidates + (withTwin ? 1 : 0)) * trialSeconds]
  const secondsOf = (blocks: number): number => starts + blocks * block
  if (secondsOf(1) <= leftSeconds + MOST_OVERRUN * budgetSeconds) return
  const enough = budgetFor(secondsOf(BLOCKS_FOR_INTERVAL), leftSeconds, budgetSeconds)
  const isSlowToStart = starts > block
  const why = isSlowToStart ? 'its servers take so long to start' : 'requests take so long'
  throw new TuneError(
    `A budget of ${number(budgetSeconds)} s is too short for this app: after the probe ${number(Math.max(0, leftSeconds))} s are left, and ` +
      `starting ${candidates} configurations and measuring each once takes about ${number(secondsOf(1))} s, because ${why}`,
    {
      code: 'TUNE_E_TOO_SHORT',
      exit: EXIT.inconclusive,
      suggestions: [
        `Give it --budget ${enough}s or more${isSlowToStart ? '' : ', or name a faster request with --path'}`,
      ],
    },
  )
}

/** Where what runs today cannot be measured, the rule stands in for it, and whoever asked has to know. */
export function currentLeftOut({ field, question: { current } }: AnalyzePlan): string[] {
  if (current === null || field.currentKey !== null) return []
  const key = configurationKey(current.configuration)
  const why = field.excluded.find((one) => one.key === key)?.why ?? ''
  return [
    `What runs today, ${inWords(current.configuration)}, was not measured (${why}): the answer is compared with 2N+1 instead`,
  ]
}

/** Bytes that one configuration may use: what the machine has, or less where less is asked for. */
export function memoryBudgetFor(machine: Machine, { maxMemoryBytes }: Question): number {
  return Math.min(memoryBudget(machine), maxMemoryBytes ?? Infinity)
}

/** Worker threads of the bundled server have an app of their own each; what other servers' threads are is theirs. */
export function threadsLoadApp(server: AnalyzeSettings['server']): boolean {
  return server === undefined || server.name === 'bundled'
}

/** The machine as advice sees it: a limit that is asked for counts like one of the machine. */
export function advisedMachine(machine: Machine, { maxMemoryBytes }: Question): Machine {
  if (maxMemoryBytes === null || maxMemoryBytes >= machine.memoryLimitBytes) return machine
  return { ...machine, memoryLimitBytes: maxMemoryBytes, memoryLimitSource: '--max-memory' }
}

/** What an arbiter takes falls in its first minute, so a worker alone is what is certain. */
function assertHoldsOne(
  { sharedBytes = 0, perWorkerBytes, evidence }: MemoryModel,
  { maxMemoryBytes }: Question,
): void {
  const least = sharedBytes + perWorkerBytes
  if (maxMemoryBytes === null || evidence === 'rule of thumb' || least <= maxMemoryBytes) return
  throw usageError(
    `--max-memory ${mebibytes(maxMemoryBytes)} does not hold one worker of this app, which takes ${mebibytes(least)}`,
    `Allow more, ${mebibytes(2 * least)} for a start, or leave --max-memory out to see what each configuration takes`,
  )
}

/** Wall time of one trial of these, on average. */
export function meanTrialSeconds(
  { proposals }: Pick<Proposals, 'proposals'>,
  workload: Workload,
  load: RaceLoad,
  effectiveCpus: number,
): number {
  const loads = proposals.map(({ configuration }) => {
    const given = [configuration, workload, effectiveCpus, load.connectionsOf(configuration)] as const
    return rampSeconds(...given) + drainSeconds(...given)
  })
  const mean = loads.reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, loads.length)
  return mean + load.windowSeconds + BETWEEN_TRIALS_SECONDS
}
