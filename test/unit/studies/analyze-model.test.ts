import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedThroughput, throughputBound } from '../../../src/advisor/model.js'
import { resultDocumentSchema } from '../../../src/result/document.js'
import { reproduceCommand } from '../../../src/report/reproduce.js'
import { renderAnalyzeTerminal } from '../../../src/report/terminal/analyze.js'
import { configurations, workload } from '../../helpers/arbitraries.js'
import { analyzeFake, type FakeAnalysisOptions } from '../../helpers/fake-analysis.js'
import { trueThroughput } from '../../helpers/fake-app.js'

const MIXED = { cpuMs: 2, waitMs: 4 }
const analyzed = async (options: Partial<FakeAnalysisOptions> = {}) => {
  const { document } = await analyzeFake({ app: MIXED, effectiveCpus: 2, budgetSeconds: 90, ...options })
  expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
  return document
}

describe('expectedThroughput', () => {
  it('never exceeds the asymptotic bound, grows with connections, and meets it at the ends', () => {
    const apps = fc.record({
      cpuMsPerRequest: fc.double({ min: 0.05, max: 50, noNaN: true }),
      // The model takes less than a nanosecond for none.
      waitMsPerRequest: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 200, noNaN: true })),
    })
    fc.assert(
      fc.property(configurations, apps, fc.constantFrom(1, 2, 4, 8), (one, costs, cpus) => {
        const app = workload({ class: 'mixed', ...costs, loopMsPerRequest: costs.cpuMsPerRequest })
        const at = (connections: number) => expectedThroughput(one, app, cpus, connections)
        expect(at(64)).toBeLessThanOrEqual(throughputBound(one, app, cpus, 64) * (1 + 1e-9))
        expect(at(64)).toBeGreaterThanOrEqual(at(8) * (1 - 1e-9))
        // One alone queues for nobody.
        const alone = 1000 / (costs.cpuMsPerRequest + costs.waitMsPerRequest)
        expect(at(1) / alone).toBeCloseTo(1, 6)
      }),
    )
  })
})

describe('analyze, the model beside the measurement', () => {
  it('predicts knee, throughput and memory, and shows by how much it was off', async () => {
    const document = await analyzed()
    const { predictions, scalability, certainty, leakBytesPerRequest } = document.model!
    const knee = predictions.find(({ what }) => what.startsWith('knee'))
    expect(Math.abs(knee!.error)).toBeLessThan(0.25)
    const rates = predictions.filter(({ unit }) => unit === 'req/s')
    expect(rates.length).toBe(
      document.candidates.filter(({ throughputRps }) => throughputRps !== null).length,
    )
    for (const { predicted, measured, error } of rates) {
      expect(error).toBeCloseTo(predicted / measured - 1, 9)
      expect(Math.abs(error)).toBeLessThan(0.15)
    }
    expect(scalability.map(({ axis }) => axis)).toContain('connections')
    expect(certainty.map(({ figure }) => figure)).toEqual([
      'class',
      'C',
      'W',
      'knee of the answer',
      'memory of a worker',
    ])
    expect(certainty.find(({ figure }) => figure === 'C')).toMatchObject({ confidence: 'high', raise: '' })
    expect(leakBytesPerRequest).toBeNull()
    const { advice, adviceEvidence } = document.connections!
    expect(advice === null ? undefined : 'rule of thumb').toBe(adviceEvidence)
    for (const { throughputRps, evidence } of document.candidates) {
      expect(evidence).toBe(throughputRps === null ? undefined : 'measured')
    }
    const text = renderAnalyzeTerminal(document, { width: 120, color: false, unicode: true })
    expect(text).toContain('Model against measurement')
    expect(text).toMatch(
      /knee of \d+ \w+ workers?, requests under way: predicted [\d.]+, measured [\d.]+ requests/,
    )
  })

  it('predicts the knee of the answer, which need not fill the cores', async () => {
    const document = await analyzed({ question: { targetRps: 60 } })
    expect(document.recommendation?.configuration).toMatchObject({ workerClass: 'async', workers: 1 })
    const knee = document.model!.predictions.find(({ what }) => what.startsWith('knee'))
    expect(document.workload!.kneeConcurrency).toBeCloseTo(6, 0)
    expect(knee!.predicted).toBeCloseTo(3, 0)
    expect(Math.abs(knee!.error)).toBeLessThan(0.25)
    expect(document.connections?.note).toContain(
      `predicted from the probe: ${Number(knee!.predicted.toPrecision(2))}`,
    )
  })

  it('reaches a knee beyond 512 connections, in the same time', async () => {
    const { connections, plan, durationSeconds, workload } = await analyzed({
      app: { cpuMs: 0.05, waitMs: 15 },
      generatorMs: 0.001,
    })
    expect(workload!.kneeConcurrency).toBeGreaterThan(512)
    expect(connections?.points).toHaveLength(5)
    expect((connections?.kneeMeasured ?? 0) / workload!.kneeConcurrency!).toBeCloseTo(1, 0)
    expect(connections?.advice?.balancerLimit).toBeGreaterThan(1024)
    expect(durationSeconds).toBeLessThanOrEqual(plan.budgetSeconds)
  })

  it('shows what each number of workers carried, and why there is no law of it', async () => {
    const document = await analyzed()
    expect(document.model?.scalability.map(({ axis }) => axis)).not.toContain('workers')
    const text = renderAnalyzeTerminal(document, { width: 400, color: false, unicode: true })
    expect(text).toMatch(
      /no law \(USL\), which takes four numbers of workers .*, and 3 were measured\. In the race, with \d+ clients on 2 CPUs: 1 async worker [\d,.]+ req\/s; 2 workers .* as much each; 5 workers/,
    )
  })

  it('says what would make a figure surer', async () => {
    const { model } = await analyzed({ budgetSeconds: 25 })
    expect(model?.certainty.find(({ figure }) => figure.startsWith('knee'))).toMatchObject({
      confidence: 'low',
      raise: expect.stringContaining('longer budget'),
    })
  })
})

describe('analyze, asked about another machine', () => {
  it.each([
    ['computes', { cpuMs: 10, waitMs: 0 }],
    ['waits', { cpuMs: 0.5, waitMs: 20 }],
    ['both', MIXED],
  ])('an app that %s: near the best there, marked as modelled', async (_name, app) => {
    const document = await analyzed({ app, forMachine: { cpus: 8, memoryBytes: 16e9 } })
    const { whatIf } = document
    expect(reproduceCommand(document)).toContain('--for-cpus 8 --for-memory 16000000000b')
    expect(whatIf).toMatchObject({ effectiveCpus: 8, memoryBytes: 16e9, evidence: 'modelled' })
    expect(whatIf!.limits.join(' ')).toContain('4 times the CPUs')
    const truth = trueThroughput(app, whatIf!.configuration, 8, 512)
    expect(truth / trueThroughput(app, whatIf!.rule, 8, 512)).toBeGreaterThan(0.9)
    expect(whatIf!.throughputRps / truth).toBeGreaterThan(0.75)
    expect(whatIf!.throughputRps / truth).toBeLessThan(1.25)
  })

  it('corrects each class by what was measured of it', async () => {
    // Connections that are opened anew cost a one-at-a-time worker a sixth of its time, which no probe of an event loop shows.
    const app = { cpuMs: 0.3, waitMs: 0 }
    const { whatIf } = await analyzed({ app, forMachine: { cpus: 8 } })
    expect(whatIf!.rule.workerClass).toBe('sync')
    const truth = trueThroughput(app, whatIf!.rule, 8, 512)
    expect(whatIf!.ruleThroughputRps / truth).toBeGreaterThan(0.93)
    expect(whatIf!.ruleThroughputRps / truth).toBeLessThan(1.07)
  })

  it('fits into the memory there', async () => {
    const { whatIf } = await analyzed({ forMachine: { cpus: 16, memoryBytes: 256e6 } })
    expect(whatIf!.pssBytes).toBeLessThan(256e6)
    expect(whatIf!.limits.join(' ')).not.toContain('does not fit')
  })

  it('says first that nothing fits there', async () => {
    const { whatIf } = await analyzed({ forMachine: { memoryBytes: 64 * 2 ** 20 } })
    expect(whatIf!.limits[0]).toMatch(
      /^It does not fit there: 1 \w+ worker, the least that there is, needs about \d+ MiB with room to grow, and 51 MiB of 64 MiB may be used\.$/,
    )
  })

  it('keeps to what was asked: the cheapest that carries the target, within the memory', async () => {
    const forMachine = { cpus: 8, memoryBytes: 16e9 }
    const free = await analyzed({ forMachine })
    const least = await analyzed({ forMachine, question: { targetRps: 300 } })
    expect(least.whatIf!.configuration.workers).toBeLessThan(free.whatIf!.configuration.workers)
    expect(least.whatIf!.throughputRps).toBeGreaterThanOrEqual(300 / 0.8)
    const tooMuch = await analyzed({ forMachine, question: { targetRps: 1e6 } })
    expect(tooMuch.whatIf!.configuration).toEqual(free.whatIf!.configuration)
    expect(tooMuch.whatIf!.limits[0]).toMatch(/^The target rate is more than it would carry: 1250000 /)
    const small = await analyzed({ forMachine, question: { maxMemoryBytes: 200e6 } })
    expect(small.whatIf!.pssBytes).toBeLessThan(200e6)
  })

  it('does not take a target that was carried within an objective for all that there is', async () => {
    const slo = { percentile: 'p99', limitUs: 100_000 } as const
    const { whatIf, recommendation } = await analyzed({
      budgetSeconds: 120,
      question: { slo, targetRps: 60 },
      forMachine: { cpus: 4 },
    })
    expect(recommendation?.expected.throughputRps?.value).toBe(60)
    expect(whatIf!.throughputRps).toBeGreaterThan(300)
    expect(whatIf!.limits.join()).not.toContain('target rate')
  })

  it('says that a rate which keeps an objective is scaled by capacity', async () => {
    const forMachine = { cpus: 4 }
    const slo = { percentile: 'p99', limitUs: 40_000 } as const
    const kept = await analyzed({ budgetSeconds: 120, question: { slo }, forMachine })
    expect(kept.recommendation?.expected.openLoad).toBe(true)
    expect(kept.whatIf!.limits.join(' ')).toContain('to keep p99<40ms at the same part of the capacity')
    const plain = await analyzed({ forMachine })
    expect(plain.whatIf!.limits.join(' ')).not.toContain('part of the capacity')
  })
})
