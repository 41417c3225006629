import { judgeRate } from '../experiment/judge-rate.js'
import type { RunningTarget } from '../experiment/ports.js'
import { searchRate } from '../experiment/rate-search.js'
import type { OpenGenerator } from '../load/index.js'
import type { Configuration } from '../result/configuration.js'
import { SCHEMA_VERSION } from '../result/document.js'
import { targetName } from '../result/host-key.js'
import type { OpenLoadSpec } from '../result/open-load.js'
import { requestsToCarry } from '../result/percentile.js'
import type { Objective, RateDocument, RateSubject } from '../result/rate-document.js'
import { AS_IT_RUNS } from './matrix-plan.js'
import type { Subject } from './matrix.js'
import { newRun, type Run } from './run.js'
import type { StudyTools } from './tools.js'

export interface RateSettings {
  name: string
  app: RateDocument['app']
  configurations: readonly Configuration[]
  /** `null` searches the largest rate that meets the objective. */
  ratePerSecond: number | null
  objective: Objective | null
  arrivals: OpenLoadSpec['arrivals']
  windowSeconds: number
  seed: number
}

const RAMP_SECONDS = 0.5
const WARM_UP_SECONDS = 1
const TIMEOUT_SECONDS = 10
const MOST_CONNECTIONS = 2000
/** Of descriptors, for everything that is no connection. */
const SPARE_DESCRIPTORS = 100

/**
 * Latency at a rate, or the largest rate that meets an objective, of one configuration after the other.
 *
 * @param save is given what is known after each of them, so that a later one that fails takes nothing with it
 */
export async function measureRates(
  settings: RateSettings,
  subject: Subject,
  generator: Pick<OpenGenerator, 'run'>,
  tools: StudyTools,
  signal: AbortSignal,
  save: (known: RateDocument) => Promise<void>,
): Promise<RateDocument> {
  const startedMs = tools.clock.monotonicMs()
  const secondsSince = (thenMs: number): number => (tools.clock.monotonicMs() - thenMs) / 1000
  const run = newRun(tools, signal)
  const document = emptyDocument(settings, subject, tools)
  try {
    for (const { server, configuration } of served(subject, settings.configurations)) {
      const host = { ...(server.name === null ? {} : { server: server.name }), configuration }
      const target = targetName(subject.name, host)
      tools.progress.phase(target)
      await run.fleet.start([server.makeTarget(configuration, target)], signal, () => undefined)
      const measured: RateSubject = { target, ...host, probes: [], largest: null }
      document.subjects.push(measured)
      await measureOne(measured, run.fleet.get(target), settings, subject, generator, run)
      await run.fleet.stop()
      await save({ ...document, status: 'interrupted', durationSeconds: secondsSince(startedMs) })
    }
  } catch (error) {
    if (!signal.aborted) throw error
    document.status = 'interrupted'
  } finally {
    await run.fleet.stop()
  }
  document.durationSeconds = secondsSince(startedMs)
  return document
}

/** Every server with every configuration that it can run; one that runs already has only its own. */
function served({ servers }: Subject, configurations: readonly Configuration[]) {
  return servers.flatMap((server) =>
    (server.runsAlready ? [AS_IT_RUNS] : configurations)
      .filter((configuration) => server.supports(configuration))
      .map((configuration) => ({ server, configuration })),
  )
}

async function measureOne(
  measured: RateSubject,
  { address }: RunningTarget,
  { ratePerSecond, objective, arrivals, windowSeconds, seed }: RateSettings,
  { request }: Subject,
  generator: Pick<OpenGenerator, 'run'>,
  { tools, signal }: Run,
): Promise<void> {
  const descriptors = tools.machine.openFilesLimit ?? MOST_CONNECTIONS
  const maxConnections = Math.max(1, Math.min(MOST_CONNECTIONS, descriptors - SPARE_DESCRIPTORS))
  // A closed loop warms the server, and its throughput says where to begin to search.
  const warm = { rampSeconds: 0, windowSeconds: WARM_UP_SECONDS, timeoutSeconds: TIMEOUT_SECONDS }
  const { throughputRps } = await tools.generator.run({ address, request, connections: 16, ...warm }, signal)
  const probe = async (rate: number): Promise<boolean> => {
    const outcome = await generator.run(
      {
        address,
        request,
        ratePerSecond: rate,
        arrivals,
        // Another sample in every window, and the same ones in a run with the same seed.
        seed: seed + measured.probes.length,
        maxConnections,
        rampSeconds: RAMP_SECONDS,
        windowSeconds: Math.max(
          windowSeconds,
          objective === null ? 0 : requestsToCarry(objective.percentile) / rate,
        ),
        timeoutSeconds: TIMEOUT_SECONDS,
      },
      signal,
    )
    const judged = judgeRate(outcome, objective)
    measured.probes.push({ ratePerSecond: rate, outcome, ...judged })
    tools.progress.note(
      `${Math.round(rate)} req/s: ${judged.why ?? (objective === null ? 'measured' : 'met')}`,
    )
    return judged.met
  }
  if (ratePerSecond !== null) await probe(ratePerSecond)
  else measured.largest = await searchRate(Math.max(1, throughputRps / 2), probe)
}

function emptyDocument(
  { name, app, objective, arrivals, seed }: RateSettings,
  { request }: Subject,
  { toolVersion, machine, clock }: StudyTools,
): RateDocument {
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'tune-prefork', version: toolVersion },
    command: 'rate',
    name,
    startedAt: clock.wallClock().toISOString(),
    durationSeconds: 0,
    status: 'complete',
    machine,
    request,
    app,
    arrivals,
    seed,
    objective,
    subjects: [],
  }
}
