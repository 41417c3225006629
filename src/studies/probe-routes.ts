import { withoutBackground, type Background } from '../advisor/background.js'
import { routeLabel } from '../advisor/probe-label.js'
import { routeNatures, type RouteProbe } from '../advisor/routes.js'
import type { RunningTarget } from '../experiment/ports.js'
import { runTrial } from '../experiment/trial-runner.js'
import type { RouteWorkload } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import { routesOf, type RequestSpec, type Route } from '../result/request.js'
import type { Run } from './run.js'

/** Of the whole time: the answer is about the mix, its parts explain it. */
const SHARE_OF_TIME = 0.15
const MOST_ROUTES = 8
const FEWEST_ROUTES = 2
/** The code of a request that is rare in the mix may hardly be compiled yet. */
const RAMP_SECONDS = 0.4
const WINDOW_SECONDS = 1
const OVERHEAD_SECONDS = 0.2
const TIMEOUT_SECONDS = 5

/**
 * Each request of a mix by itself, at one connection to the server of the probe: the most frequent first, as many as fit into a part of the
 * time, without what the worker does in the background. Empty where there is one request only.
 */
export async function probeRoutes(
  running: RunningTarget,
  configuration: Configuration,
  request: RequestSpec,
  budgetSeconds: number,
  background: Background | null,
  run: Run,
): Promise<RouteWorkload[]> {
  if (request.mix === undefined) return []
  const { tools, log, signal } = run
  const each = RAMP_SECONDS + WINDOW_SECONDS + OVERHEAD_SECONDS
  const fitting = Math.floor((SHARE_OF_TIME * budgetSeconds) / each)
  const most = Math.min(MOST_ROUTES, Math.max(FEWEST_ROUTES, fitting))
  const probes: RouteProbe[] = []
  for (const route of [...routesOf(request)].sort((a, b) => b.weight - a.weight)) {
    if (probes.length >= most) {
      const why =
        probes.length >= MOST_ROUTES
          ? `left out: at most the ${MOST_ROUTES} most frequent are measured by themselves`
          : 'left out to keep within the time budget; a longer --budget measures it too'
      probes.push({ route, trial: null, why })
      continue
    }
    const target = routeLabel(route.name)
    log.starting(target, 1)
    const trial = await runTrial(
      { id: log.nextId(), phase: 'probe', block: null, target, workload: null, configuration },
      running,
      {
        ...{ request: requestOf(route), connections: 1 },
        ...{ rampSeconds: RAMP_SECONDS, windowSeconds: WINDOW_SECONDS, timeoutSeconds: TIMEOUT_SECONDS },
      },
      tools,
      signal,
    )
    await log.finished(trial)
    probes.push({ route, trial: withoutBackground(trial, background), why: '' })
  }
  return routeNatures(probes, tools.machine.effectiveCpus)
}

function requestOf({ method, path, headers, body, expect }: Route): RequestSpec {
  return { method, path, headers, body, ...(expect === undefined ? {} : { expect }) }
}
