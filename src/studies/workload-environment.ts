import { resolve } from 'node:path'
import { calibrate, workloadByPath } from '../profiles/workloads/index.js'

/**
 * What the processes of an app need in their environment to do equal work: a bundled workload that is named by its file gets one
 * calibration for all of them. Left to itself each process would make its own while others start, and two servers of the same
 * app differed by 10 %. Empty for every other app.
 */
export function workloadEnvironment(app: string | null, cwd: string): Record<string, string> {
  return app !== null && workloadByPath(resolve(cwd, app)) ? calibrate() : {}
}
