import { expect, it } from 'vitest'
import type { Configuration } from '../../../src/result/configuration.js'
import { measureRates } from '../../../src/studies/rate.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine } from '../../helpers/fakes.js'
import { rateDocument } from '../../helpers/rate.js'

it('measures a server that runs already once, whatever configurations were asked for', async () => {
  const asked = [1, 2].map((workers): Configuration => ({
    workerClass: 'sync',
    workers,
    threads: 1,
    workerConnections: 1000,
  }))
  expect(await measured(asked, false)).toHaveLength(2)
  expect(await measured(asked, true)).toHaveLength(1)
})

async function measured(configurations: Configuration[], runsAlready: boolean) {
  const world = new FakeWorld({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2 })
  const silent = () => undefined
  const { outcome } = rateDocument().subjects[0]!.probes[0]!
  const server = {
    ...{ name: 'url' as const, supports: () => true, runsAlready },
    makeTarget: (configuration: Configuration, label: string) => world.target(configuration, label),
  }
  const document = await measureRates(
    {
      ...{ name: 'rate', app: 'http://127.0.0.1:1', configurations, ratePerSecond: 50, objective: null },
      ...{ arrivals: 'constant' as const, windowSeconds: 1 },
    },
    { name: 'url', description: '', request: FAKE_REQUEST, servers: [server] },
    { run: () => Promise.resolve(outcome) },
    {
      ...{ toolVersion: '0', machine: fakeMachine(), generator: world.generator, clock: world.clock },
      progress: { phase: silent, trialStarted: silent, trialFinished: silent, note: silent },
      saveTrial: silent,
    },
    new AbortController().signal,
  )
  return document.subjects
}
