import { execFileSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

const DIST = new URL('../../dist/profiles/workloads/', import.meta.url)
const MEASURE = fileURLToPath(new URL('../fixtures/measure-workload.mjs', import.meta.url))
const REQUESTS = 20

interface Cost {
  wallMs: number
  cpuMs: number
  loopMs: number
}

let env: NodeJS.ProcessEnv

/** Cost of one request, by a fresh process that runs the compiled app of the workload. */
function costOf(name: string, overrides: NodeJS.ProcessEnv = {}): Cost {
  const app = fileURLToPath(new URL(`apps/${name}.js`, DIST))
  const output = execFileSync(process.execPath, [MEASURE, app, String(REQUESTS)], {
    encoding: 'utf8',
    env: { ...env, ...overrides },
  })
  return JSON.parse(output)
}

const within = (value: number, expected: number, factor: number) =>
  value > expected / factor && value < expected * factor

beforeAll(() => {
  const index = pathToFileURL(fileURLToPath(new URL('index.js', DIST))).href
  const script = `import { calibrate } from '${index}'; console.log(JSON.stringify(calibrate()))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  env = { ...process.env, ...JSON.parse(output) }
})

describe('the bundled workloads are what they say', () => {
  test('cpu: 10 ms of CPU, all of it on the event loop', () => {
    const { cpuMs, loopMs } = costOf('cpu')
    expect(within(cpuMs, 10, 2), `${cpuMs} ms of CPU`).toBe(true)
    expect(loopMs).toBeGreaterThan(cpuMs * 0.8)
  })

  test('offloop: the same CPU, and the event loop stays free', () => {
    const { cpuMs, loopMs } = costOf('offloop')
    expect(within(cpuMs, 10, 2), `${cpuMs} ms of CPU`).toBe(true)
    expect(loopMs).toBeLessThan(cpuMs / 3)
  })

  test('io: 20 ms of waiting with neither CPU nor event loop', () => {
    const { wallMs, cpuMs, loopMs } = costOf('io')
    expect(wallMs).toBeGreaterThan(19)
    expect(cpuMs).toBeLessThan(wallMs / 4)
    expect(loopMs).toBeLessThan(wallMs / 4)
  })

  test('blocking: no CPU, but the event loop is held all the time', () => {
    const { wallMs, cpuMs, loopMs } = costOf('blocking')
    expect(wallMs).toBeGreaterThan(19)
    expect(cpuMs).toBeLessThan(wallMs / 4)
    expect(loopMs).toBeGreaterThan(wallMs * 0.8)
  })

  test('mixed: 2 ms of CPU and 6 ms of waiting', () => {
    const { wallMs, cpuMs } = costOf('mixed')
    expect(within(cpuMs, 2, 2), `${cpuMs} ms of CPU`).toBe(true)
    expect(wallMs - cpuMs).toBeGreaterThan(5)
  })

  test('the work is fixed by the calibration: half the iterations, half the CPU', () => {
    const half = Number(env.TUNE_WORKLOAD_ITERATIONS_PER_MS) / 2
    const { cpuMs } = costOf('cpu', { TUNE_WORKLOAD_ITERATIONS_PER_MS: String(half) })
    expect(within(cpuMs, 5, 2), `${cpuMs} ms of CPU`).toBe(true)
  })

  test('without a calibration from outside an app makes its own', () => {
    const { cpuMs } = costOf('cpu', { TUNE_WORKLOAD_ITERATIONS_PER_MS: '' })
    expect(within(cpuMs, 10, 2), `${cpuMs} ms of CPU`).toBe(true)
  })
})
