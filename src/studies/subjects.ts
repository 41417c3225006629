import { basename } from 'node:path'
import { calibrate, WORKLOADS, workloadByName } from '../profiles/workloads/index.js'
import { usageError } from '../result/error.js'
import type { BenchDocument } from '../result/document.js'
import { requestText, type RequestSpec } from '../result/request.js'
import { SERVER_NAMES } from '../result/server.js'
import { onlyBundled, type Subject } from './matrix.js'
import { commandOf, serverUnderStudy, type ServerContext } from './servers.js'
import { bundledTargets } from './workbench.js'
import { workloadEnvironment } from './workload-environment.js'

const PLAIN_GET: RequestSpec = { method: 'GET', path: '/', headers: {}, body: null }

/** Names of the bundled reference workloads. */
export const WORKLOAD_NAMES: readonly string[] = WORKLOADS.map(({ name }) => name)

/**
 * The bundled workloads by name, calibrated on this machine.
 * @throws TuneError (usage) for a name that is not bundled
 */
export function bundledSubjects(names: readonly string[]): Subject[] {
  const env = calibrate()
  return [...new Set(names)].map((name) => {
    const workload = workloadByName(name)
    if (!workload) {
      throw usageError(`There is no workload "${name}"`, `The bundled ones are ${WORKLOAD_NAMES.join(', ')}`)
    }
    return {
      name,
      description: workload.description,
      request: PLAIN_GET,
      servers: [onlyBundled(bundledTargets(workload.appPath, { cwd: process.cwd(), env, workload: name }))],
    }
  })
}

export interface SubjectChoice {
  app: string | null
  workloads: readonly string[]
  /** `--server` and `--compare`, as they were written; absent for the bundled server alone. */
  servers?: readonly string[] | undefined
  allowRemote?: boolean | undefined
  request: RequestSpec
}

/**
 * What a matrix is to measure.
 * @throws TuneError (usage) for what does not exist or is not said
 */
export function chosenSubjects({
  app,
  workloads,
  servers,
  allowRemote = false,
  request,
}: SubjectChoice): Subject[] {
  if (servers !== undefined) return [servedSubject(servers, { app, request, allowRemote })]
  return app === null ? bundledSubjects(workloads) : [appSubject(app, request)]
}

/** The app as the document records it; `null` for the bundled workloads. */
export function describeApp({
  app,
  servers = ['bundled'],
}: Pick<SubjectChoice, 'app' | 'servers'>): BenchDocument['app'] {
  const [choice = 'bundled', ...others] = servers
  const command = commandOf(choice)
  const spec = app ?? command
  if (spec === null) return null
  const name = command === null ? SERVER_NAMES.find((one) => one === choice) : 'command'
  const recorded = others.length === 0 && name !== undefined && name !== 'bundled' ? { server: name } : {}
  const template = command === null || app === null ? {} : { template: command }
  return { ...{ spec, kind: null, loader: null }, ...recorded, ...template }
}

/** The user's own app, under the bundled server. */
function appSubject(app: string, request: RequestSpec): Subject {
  const cwd = process.cwd()
  const makeTarget = bundledTargets(app, {
    ...{ cwd, env: workloadEnvironment(app, cwd) },
    workload: basename(app),
  })
  return {
    name: basename(app),
    description: requestText(request),
    request,
    servers: [onlyBundled(makeTarget)],
  }
}

/**
 * The user's own app under the named servers, all of them up in the same run.
 * @throws TuneError (usage) for an unknown server, or one that lacks its app
 */
function servedSubject(
  choices: readonly string[],
  { app, ...context }: Omit<ServerContext, 'workload' | 'cwd' | 'env'>,
): Subject {
  const { request } = context
  const name = app === null ? 'command' : nameOf(app)
  const servers = choices
    .map((choice) => serverUnderStudy(choice, { ...context, app, cwd: process.cwd(), workload: name }))
    .map((server) => ({ ...server, runsAlready: server.name === 'url' }))
  return { name, description: requestText(request), request, servers }
}

/** The last part of a path; an address stays whole. */
function nameOf(app: string): string {
  return URL.canParse(app) ? app : basename(app)
}
