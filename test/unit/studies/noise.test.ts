import { onlyBundled } from '../../../src/studies/matrix.js'
import { describe, expect, it } from 'vitest'
import { renderMachine } from '../../../src/report/machine.js'
import { noiseCalibrationSchema } from '../../../src/result/noise-calibration.js'
import { calibrateNoise } from '../../../src/studies/noise.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine, type FakeWorldOptions } from '../../helpers/fakes.js'

async function calibrated(
  options: Partial<FakeWorldOptions>,
  seconds: number,
  controller = new AbortController(),
) {
  const world = new FakeWorld({ app: { cpuMs: 10, waitMs: 0 }, effectiveCpus: 2, ...options })
  const subject = {
    name: 'cpu',
    description: '',
    request: FAKE_REQUEST,
    servers: [onlyBundled(world.target.bind(world))],
  }
  const silent = () => undefined
  const tools = {
    toolVersion: '0.0.0',
    machine: fakeMachine(),
    generator: world.generator,
    clock: world.clock,
    progress: { phase: silent, trialStarted: silent, trialFinished: silent, note: silent },
    saveTrial: silent,
  }
  const noise = await calibrateNoise(subject, { seconds, seed: 5 }, tools, controller.signal)
  return { noise, world }
}

describe('calibrateNoise', () => {
  it('finds the scatter that the machine has, drift or not, and keeps to its time', async () => {
    // Two trials of noise 2 % each: pairs scatter by sqrt(2) * 2 %, and a little more with the drift between them.
    const { noise, world } = await calibrated({ noise: 0.02, drift: 0.01, seed: 3 }, 400)
    expect(noiseCalibrationSchema.parse(noise)).toEqual(noise)
    expect(noise.pairDeviation).toBeGreaterThan(0.022)
    expect(noise.pairDeviation).toBeLessThan(0.04)
    expect(noise.rawVariation).toBeGreaterThan(noise.pairDeviation!)
    expect(noise.seconds).toBeLessThanOrEqual(400)
    expect(noise.seconds).toBeGreaterThan(390)
    expect(world.running).toBe(0)
  })

  it('says that more time shows smaller differences, and never that less does', async () => {
    const { noise } = await calibrated({ noise: 0.02 }, 40)
    const effects = noise.detectable.map(({ effect }) => effect ?? Infinity)
    expect(effects).toEqual(effects.toSorted((a, b) => b - a))
    const times = noise.needed.map(({ seconds }) => seconds ?? Infinity)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
  })

  it('an interrupted one says what it has, and leaves nothing running', async () => {
    for (const at of [0, 1, 6]) {
      const controller = new AbortController()
      const onRun = (run: number) => run === at && controller.abort(new Error('Ctrl-C'))
      const { noise, world } = await calibrated({ onRun: (run) => void onRun(run) }, 100, controller)
      expect(noise.pairs).toBeLessThan(4)
      expect(world.running).toBe(0)
    }
  })

  it('reads as an answer, quiet or noisy', async () => {
    const text = async (noise: number) => {
      const document = {
        schemaVersion: 1 as const,
        tool: { name: 'tune-prefork' as const, version: '0' },
        command: 'machine' as const,
        machine: fakeMachine(),
        heuristic: {
          workers: 5,
          evidence: 'rule of thumb' as const,
          configurations: {
            sync: { workerClass: 'sync' as const, workers: 5, threads: 1, workerConnections: 1000 },
            threaded: { workerClass: 'threaded' as const, workers: 2, threads: 2, workerConnections: 1000 },
            async: { workerClass: 'async' as const, workers: 5, threads: 1, workerConnections: 1000 },
          },
        },
        noise: (await calibrated({ noise }, 20)).noise,
      }
      return renderMachine(document, { width: 120, color: false })
    }
    expect(await text(0.005)).toMatch(/^Quiet enough: a minute shows a difference of [\d.]+ %/m)
    expect(await text(0.2)).toMatch(/^Noisy: a minute shows a difference of \d+ %/m)
  })
})
