import { dirname, relative } from 'node:path'
import { expect, it } from 'vitest'
import { WORKLOADS } from '../../../src/profiles/workloads/index.js'
import { workloadEnvironment } from '../../../src/studies/workload-environment.js'

it('bundled workloads that are named by their file share one calibration', () => {
  for (const { appPath } of WORKLOADS) {
    const environment = workloadEnvironment(relative(dirname(appPath), appPath), dirname(appPath))
    expect(Number(environment.TUNE_WORKLOAD_ITERATIONS_PER_MS)).toBeGreaterThan(0)
  }
})

it.each([null, 'app.js', 'cpu'])('%s is no bundled workload', (app) => {
  expect(workloadEnvironment(app, '/srv')).toEqual({})
})
