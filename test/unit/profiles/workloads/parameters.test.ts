import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { WORKLOADS, workloadByName } from '../../../../src/profiles/workloads/index.js'
import { parametersOf } from '../../../../src/profiles/workloads/parameters.js'

const neverMeasured = () => {
  throw new Error('measured without need')
}

describe('catalogue', () => {
  test('names are unique, every app exists and every class occurs once', () => {
    expect(new Set(WORKLOADS.map(({ name }) => name)).size).toBe(WORKLOADS.length)
    expect(WORKLOADS.filter(({ appPath }) => !existsSync(appPath))).toEqual([])
    expect(new Set(WORKLOADS.map(({ expectedClass }) => expectedClass)).size).toBe(WORKLOADS.length)
  })

  test('descriptions say the times of the parameters', () => {
    for (const { description, waitMs, cpuMs } of WORKLOADS) {
      const said = [...description.matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms)).sort()
      expect(said).toEqual([waitMs, cpuMs].filter((ms) => ms > 0).sort())
    }
  })

  test('lookup', () => {
    expect(workloadByName('io')?.waitMs).toBe(20)
    expect(workloadByName('nothing')).toBeUndefined()
  })
})

describe('parametersOf', () => {
  test('work is CPU time by the calibration of the environment', () => {
    const env = { TUNE_WORKLOAD_ITERATIONS_PER_MS: '5000.5' }
    expect(parametersOf('cpu', env, neverMeasured)).toEqual({ waitMs: 0, iterations: 50_005 })
    expect(parametersOf('mixed', env, neverMeasured)).toEqual({ waitMs: 6, iterations: 10_001 })
  })

  test('a workload that does not compute is not calibrated', () => {
    expect(parametersOf('io', {}, neverMeasured)).toEqual({ waitMs: 20, iterations: 0 })
  })

  test('without a calibration the process makes its own', () => {
    expect(parametersOf('offloop', {}, () => 100)).toEqual({ waitMs: 0, iterations: 1000 })
  })

  test('wait and CPU time can be overridden', () => {
    const env = { TUNE_WORKLOAD_WAIT_MS: '2.5', TUNE_WORKLOAD_CPU_MS: '0' }
    expect(parametersOf('mixed', env, neverMeasured)).toEqual({ waitMs: 2.5, iterations: 0 })
  })

  test.each(['-1', 'ten', 'Infinity'])('%s is refused by name', (text) => {
    const read = () => parametersOf('io', { TUNE_WORKLOAD_WAIT_MS: text })
    expect(read).toThrow(`TUNE_WORKLOAD_WAIT_MS is "${text}"; it must be a number of 0 or more`)
  })

  test('an empty variable counts as unset', () => {
    expect(parametersOf('io', { TUNE_WORKLOAD_WAIT_MS: '' }, neverMeasured).waitMs).toBe(20)
  })
})
