import { expect, it } from 'vitest'
import type { Speedometer } from '../../../src/experiment/ports.js'
import { runTrial } from '../../../src/experiment/trial-runner.js'
import type { EnvironmentCounters } from '../../../src/result/counters.js'
import { FAKE_REQUEST, FakeWorld } from '../../helpers/fakes.js'
import { ASYNC_ONE } from '../../helpers/trials.js'

const LOAD = {
  request: FAKE_REQUEST,
  connections: 4,
  rampSeconds: 0.2,
  windowSeconds: 0.5,
  timeoutSeconds: 1,
}
const ORDER = {
  id: 0,
  phase: 'race',
  block: 0,
  target: 'a',
  workload: null,
  configuration: ASYNC_ONE,
} as const
const never = new AbortController().signal

/** Tells between which instants it was asked, and how often it is on. */
class FakeSpeedometer implements Speedometer {
  on = 0
  readonly asked: [number, number][] = []

  start() {
    this.on += 1
    return (fromMs: number, toMs: number) => {
      this.on -= 1
      this.asked.push([fromMs, toMs])
      return toMs > fromMs ? 400 : null
    }
  }
}

function world() {
  const fake = new FakeWorld({ app: { cpuMs: 1, waitMs: 1 }, effectiveCpus: 1 })
  const speedometer = new FakeSpeedometer()
  const readEnvironment = (): EnvironmentCounters => ({
    ...{ atMs: fake.clock.monotonicMs(), cpu: null, ownCpuSeconds: 0, throttling: [] },
    ...{ cpuPressureSeconds: null, memoryPressureSeconds: null, listenDrops: null },
  })
  return {
    fake,
    speedometer,
    tools: { generator: fake.generator, clock: fake.clock, readEnvironment, speedometer },
  }
}

it('has the CPUs timed within the window alone', async () => {
  const { fake, speedometer, tools } = world()
  const running = fake.start(ASYNC_ONE)
  const startMs = fake.clock.monotonicMs()
  const trial = await runTrial(ORDER, running, LOAD, tools, never)
  expect(speedometer.asked).toEqual([[startMs + 200, startMs + 700]])
  expect(speedometer.on).toBe(0)
  expect(trial.environment?.pieceUs).toBe(400)
})

it('times them no longer when the load has failed', async () => {
  const { fake, speedometer, tools } = world()
  const running = fake.start(ASYNC_ONE)
  const generator = { ...tools.generator, run: () => Promise.reject(new Error('the generator died')) }
  await expect(runTrial(ORDER, running, LOAD, { ...tools, generator }, never)).rejects.toThrow('generator')
  expect(speedometer.on).toBe(0)
})

it('says nothing of them where nobody times them', async () => {
  const { fake, tools } = world()
  const trial = await runTrial(
    ORDER,
    fake.start(ASYNC_ONE),
    LOAD,
    { ...tools, speedometer: undefined },
    never,
  )
  expect(trial.environment).not.toHaveProperty('pieceUs')
})
