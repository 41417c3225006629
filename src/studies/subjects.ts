import { basename } from 'node:path'
import { calibrate, WORKLOADS, workloadByName } from '../profiles/workloads/index.js'
import { usageError } from '../result/error.js'
import type { RequestSpec } from '../result/request.js'
import type { Subject } from './matrix.js'
import { bundledTargets } from './workbench.js'

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
      makeTarget: bundledTargets(workload.appPath, { cwd: process.cwd(), env, workload: name }),
    }
  })
}

/** The user's own app. */
export function appSubject(app: string, request: RequestSpec): Subject {
  return {
    name: basename(app),
    description: `${request.method} ${request.path}`,
    request,
    makeTarget: bundledTargets(app, { cwd: process.cwd(), workload: basename(app) }),
  }
}
