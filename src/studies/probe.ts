import type { Background } from '../advisor/background.js'
import { classify } from '../advisor/classify.js'
import { measureDemand } from '../advisor/demand.js'
import { saturationConnections } from '../advisor/load-plan.js'
import type { MemoryReading } from '../advisor/memory.js'
import type { MemoryReadings } from '../advisor/memory-readings.js'
import { PROBE_LABEL } from '../advisor/probe-label.js'
import { furtherOverload } from '../advisor/saturation.js'
import type { RunningTarget } from '../experiment/ports.js'
import { runTrial } from '../experiment/trial-runner.js'
import type { Workload } from '../result/analysis.js'
import { DEFAULT_WORKER_CONNECTIONS, type Configuration } from '../result/configuration.js'
import { EXIT, TuneError, withLastLines } from '../result/error.js'
import { requestText, type RequestSpec } from '../result/request.js'
import type { Trial } from '../result/trial.js'
import { generatorRps } from './generator-rps.js'
import { lookWhileIdle } from './idle-look.js'
import { inheritedPool } from './inherited-pool.js'
import { probeRoutes } from './probe-routes.js'
import type { Run } from './run.js'

/** One event loop: the one configuration in which CPU, loop and waiting of a request can be told apart. */
const PROBE_CONFIGURATION: Configuration = {
  workerClass: 'async',
  workers: 1,
  threads: 1,
  workerConnections: DEFAULT_WORKER_CONNECTIONS,
}

/** The same for servers that have no event loops to show: one worker that takes one request at a time. */
const ONE_AT_A_TIME: Configuration = { ...PROBE_CONFIGURATION, workerClass: 'sync' }

/** The simplest configuration that the server can run. */
export function probeConfiguration(
  supports: (configuration: Configuration) => boolean = () => true,
): Configuration {
  return supports(PROBE_CONFIGURATION) ? PROBE_CONFIGURATION : ONE_AT_A_TIME
}

/** The first requests compile the app's code; what they cost is not what the app costs. */
const WARM_UP_SECONDS = 1.5
const WINDOW_SECONDS = 2
const MOST_WINDOW_SECONDS = 15
const ENOUGH_REQUESTS = 20
/** Of the budget, for a second probe of an app that answers slowly. */
export const MOST_OF_BUDGET = 1 / 6
/** A budget below this needs its seconds for the race. */
const TIME_FOR_MORE = 40
const TIMEOUT_SECONDS = 30
const STALLED = { ofWindow: 0.2, timesMedian: 5 }
/** Of the answers, for an app of which advice may be worth something. */
const TOLERATED = 0.01

export interface Probe {
  workload: Workload
  memory: MemoryReadings
  /** Of the one worker; `null` where it does next to nothing, or does not tell. */
  background: Background | null
  /** Requests per second that the load generators send before they are the limit themselves. */
  generatorRps: number
}

/**
 * One connection, then overload, against one async worker: what a request costs, and what runs out first.
 * @throws TuneError `TUNE_E_APP_DIES`, `TUNE_E_APP_ANSWERS` or `TUNE_E_UNMEASURABLE` (exit 5) when the answers are no basis for advice
 */
export async function probe(
  running: RunningTarget,
  configuration: Configuration,
  request: RequestSpec,
  budgetSeconds: number,
  run: Run,
): Promise<Probe> {
  const { tools, log, signal } = run
  const trial = async (phase: Trial['phase'], connections: number, windowSeconds: number): Promise<Trial> => {
    log.starting(PROBE_LABEL, connections)
    const order = { id: log.nextId(), phase, block: null, target: PROBE_LABEL, workload: null }
    const load = { request, connections, windowSeconds, timeoutSeconds: TIMEOUT_SECONDS }
    const ramp = phase === 'probe' ? WARM_UP_SECONDS : WINDOW_SECONDS / 2
    const done = await runTrial(
      { ...order, configuration },
      running,
      { ...load, rampSeconds: ramp },
      tools,
      signal,
    )
    await log.finished(done)
    return done
  }

  let single = await trial('probe', 1, WINDOW_SECONDS)
  assertAlive(single, request, running)
  assertAnswers(single, request, running)
  if (hasStalled(single)) {
    single = await trial('probe', 1, WINDOW_SECONDS)
    assertAlive(single, request, running)
    assertAnswers(single, request, running)
  }
  if (single.requests.done < ENOUGH_REQUESTS) {
    const seconds = (ENOUGH_REQUESTS * (single.latencyUs.mean ?? 0)) / 1e6
    const most = Math.max(WINDOW_SECONDS, Math.min(MOST_WINDOW_SECONDS, MOST_OF_BUDGET * budgetSeconds))
    single = await trial('probe', 1, Math.min(most, Math.max(WINDOW_SECONDS, seconds)))
    assertAlive(single, request, running)
    assertAnswers(single, request, running)
  }
  const fresh = await readMemory(running)
  const { effectiveCpus } = tools.machine
  const demand = measureDemand(single, effectiveCpus)
  if (demand === null) throw await unmeasurable(running)

  let spoiled: Trial | null = null
  let saturation = await trial('saturation', saturationConnections(demand, effectiveCpus), WINDOW_SECONDS)
  const more = budgetSeconds < TIME_FOR_MORE ? null : furtherOverload(saturation, demand, effectiveCpus)
  if (more !== null) {
    const harder = await trial('saturation', more, WINDOW_SECONDS)
    // What spoils a harder trial, as a generator at its limit, does not spoil the one before.
    if (harder.validity.ok) saturation = harder
    else spoiled = harder
  }
  const memory = { fresh, loaded: await readMemory(running) }
  const background = await lookWhileIdle(running, tools, signal)
  const known = { threadPool: inheritedPool(), spoiled, background }
  const workload = classify(single, saturation, effectiveCpus, known)
  if (workload === null) throw await unmeasurable(running)
  const routes = await probeRoutes(running, configuration, request, budgetSeconds, background, run)
  return {
    ...{ background, workload: routes.length === 0 ? workload : { ...workload, routes }, memory },
    generatorRps: generatorRps(saturation, effectiveCpus),
  }
}

/**
 * One request took a good part of the window: the first one, which loads, connects and compiles for longer than the warm-up lasts, or a stall of the
 * machine. A first request of three seconds made 46 ms of a request that takes 11, and of an app that computes one that waits.
 */
function hasStalled({ latencyUs: { max, p50 }, windowSeconds }: Trial): boolean {
  if (max === null || p50 === null) return false
  return max > STALLED.ofWindow * windowSeconds * 1e6 && max > STALLED.timesMedian * p50
}

async function readMemory(running: RunningTarget): Promise<MemoryReading> {
  const { memory } = await running.counters()
  return { workers: 1, threads: 1, ...memory }
}

/** Of an app whose workers die under one client no figure means anything. */
function assertAlive({ server }: Trial, request: RequestSpec, running: RunningTarget): void {
  const deaths = server?.restarts ?? 0
  if (deaths === 0) return
  const times = deaths === 1 ? 'once' : `${deaths} times`
  throw new TuneError(
    withLastLines(
      `The worker of the app ended ${times} while a single client asked for ${requestText(request)}: an app that dies is not worth tuning`,
      running.lastLines?.() ?? [],
    ),
    {
      code: 'TUNE_E_APP_DIES',
      exit: EXIT.inconclusive,
      suggestions: ['Start the app with tune serve, try the request by hand, and read its log'],
    },
  )
}

/** An app that mostly fails would be measured at failing. */
function assertAnswers(
  { requests, statusCounts, errorSamples }: Trial,
  request: RequestSpec,
  running: RunningTarget,
): void {
  const where = requestText(request)
  if (requests.done === 0) {
    const reason = errorSamples[0] ?? (requests.inFlight > 0 ? 'none finished in time' : 'nothing came back')
    throw new TuneError(`${where} was not answered: ${reason}`, {
      code: 'TUNE_E_APP_ANSWERS',
      exit: EXIT.inconclusive,
      suggestions: [
        'Start the app with tune serve and try the request by hand',
        'Name another one with --path',
      ],
    })
  }
  const failed = requests.non2xx + (requests.unexpected ?? 0)
  if (failed > TOLERATED * requests.done) {
    const others = Object.entries(statusCounts)
      .filter(([code]) => !code.startsWith('2'))
      .map(([code, count]) => `${code} (${count} of ${requests.done})`)
    const unexpected = `otherwise than expected (${requests.unexpected ?? 0} of ${requests.done})`
    const codes = (requests.unexpected ?? 0) === 0 ? others : [unexpected, ...others]
    throw new TuneError(
      withLastLines(
        `${where} answered ${codes.join(', ')}: failures are not worth tuning`,
        running.lastLines?.() ?? [],
      ),
      {
        code: 'TUNE_E_APP_ANSWERS',
        exit: EXIT.inconclusive,
        suggestions: [
          2 * (statusCounts['429'] ?? 0) > failed
            ? 'Something limits the rate of requests: lift that for the time of the measurement'
            : failed < requests.done / 2
              ? `Look at the answers that fail, in the log of the app or by hand: most are good, and no more than ${100 * TOLERATED} % may fail`
              : 'Name a path that answers 2xx with --path, and what it needs with --method, --header and --body',
          'Start the app with tune serve and try the request by hand',
        ],
      },
    )
  }
}

/** A target that has ended says so itself. */
async function unmeasurable(running: RunningTarget): Promise<TuneError> {
  await running.counters()
  return new TuneError('The probe could not measure what a request costs', {
    code: 'TUNE_E_UNMEASURABLE',
    exit: EXIT.inconclusive,
    suggestions: [
      'Run again on a quieter machine',
      'See the first trial in trials.jsonl for what went wrong',
    ],
  })
}
