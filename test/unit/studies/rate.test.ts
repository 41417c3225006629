import { expect, it } from 'vitest'
import type { Configuration } from '../../../src/result/configuration.js'
import type { OpenLoadSpec } from '../../../src/result/open-load.js'
import type { RateDocument } from '../../../src/result/rate-document.js'
import { measureRates, type RateSettings } from '../../../src/studies/rate.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine } from '../../helpers/fakes.js'
import { rateDocument } from '../../helpers/rate.js'

const ONE_WORKER: Configuration = { workerClass: 'sync', workers: 1, threads: 1, workerConnections: 1000 }

it('measures a server that runs already once, whatever configurations were asked for', async () => {
  const asked = [1, 2].map((workers) => ({ ...ONE_WORKER, workers }))
  expect(await measured(asked, false)).toHaveLength(2)
  expect(await measured(asked, true)).toHaveLength(1)
})

it('says what served', async () => {
  const [subject] = await measured([ONE_WORKER], true)
  expect(subject).toMatchObject({ server: 'url', target: 'url/url' })
})

it('draws other gaps in every window, and the same ones with the same seed', async () => {
  const [first, again] = [await seedsOf(7), await seedsOf(7)]
  expect(new Set(first).size).toBe(first.length)
  expect(first.length).toBeGreaterThan(1)
  expect(again).toEqual(first)
  expect(await seedsOf(1000)).not.toEqual(first)
})

it('keeps what is known when a later configuration fails', async () => {
  const saved: RateDocument[] = []
  const failing = (spec: OpenLoadSpec, windows: number) => {
    if (windows > 1) throw new Error(`no answer at ${spec.ratePerSecond} req/s`)
  }
  const both = [ONE_WORKER, { ...ONE_WORKER, workers: 2 }]
  await expect(measured(both, false, {}, failing, saved)).rejects.toThrow('no answer at 50 req/s')
  expect(saved).toHaveLength(1)
  expect(saved[0]).toMatchObject({ status: 'interrupted', subjects: [{ configuration: ONE_WORKER }] })
})

async function seedsOf(seed: number): Promise<number[]> {
  const seeds: number[] = []
  const objective = { percentile: 'p99', limitUs: 50_000 } as const
  await measured([ONE_WORKER], false, { seed, objective, ratePerSecond: null }, (spec) =>
    seeds.push(spec.seed),
  )
  return seeds
}

async function measured(
  configurations: Configuration[],
  runsAlready: boolean,
  given: Partial<RateSettings> = {},
  onWindow: (spec: OpenLoadSpec, windows: number) => void = () => undefined,
  saved: RateDocument[] = [],
) {
  let windows = 0
  const world = new FakeWorld({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2 })
  const silent = () => undefined
  const { outcome } = rateDocument().subjects[0]!.probes[0]!
  const server = {
    ...{ name: 'url' as const, supports: () => true, runsAlready },
    makeTarget: (configuration: Configuration, label: string) => world.target(configuration, label),
  }
  const document = await measureRates(
    {
      ...{
        name: 'rate',
        app: { spec: 'http://127.0.0.1:1', kind: null, loader: null, server: 'url' as const },
        configurations,
        ratePerSecond: 50,
        objective: null,
      },
      ...{ arrivals: 'constant' as const, windowSeconds: 1, seed: 7, ...given },
    },
    { name: 'url', description: '', request: FAKE_REQUEST, servers: [server] },
    {
      run: (spec) => {
        onWindow(spec, ++windows)
        return Promise.resolve(outcome)
      },
    },
    {
      ...{ toolVersion: '0', machine: fakeMachine(), generator: world.generator, clock: world.clock },
      progress: { phase: silent, trialStarted: silent, trialFinished: silent, note: silent },
      saveTrial: silent,
    },
    new AbortController().signal,
    (known) => {
      saved.push(structuredClone(known))
      return Promise.resolve()
    },
  )
  return document.subjects
}
