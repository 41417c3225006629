import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candidateSchema, recommendationSchema, workloadSchema } from '../../../src/result/analysis.js'
import { noiseSchema } from '../../../src/result/document.js'
import { analyzeFake } from '../../helpers/fake-analysis.js'
import { trueThroughput, type FakeApp } from '../../helpers/fakes.js'

describe('a whole analysis against a simulated machine', () => {
  it('io: async, many times above 2N+1 sync workers, which serve workers / 20 ms', async () => {
    const { advice, workload } = await analyzeFake({ app: { cpuMs: 0.06, waitMs: 20 }, effectiveCpus: 2 })
    expect(workload.class).toBe('async-io')
    expect(advice.recommendation.configuration.workerClass).toBe('async')
    const rule = advice.candidates.find(({ key }) => key === 'sync-5')!
    expect(rule.outcome).toBe('worse')
    expect(rule.throughputRps!.value).toBeGreaterThan(237)
    expect(rule.throughputRps!.value).toBeLessThan(263)
    expect(advice.recommendation.expected.throughputRps!.value).toBeGreaterThan(
      20 * rule.throughputRps!.value,
    )
  })

  it('cpu: as many workers as cores, and 2N+1 is not called better', async () => {
    const { advice } = await analyzeFake({ app: { cpuMs: 10, waitMs: 0 }, effectiveCpus: 2 })
    expect(advice.recommendation).toMatchObject({ action: 'change', configuration: { workers: 2 } })
    expect(advice.heuristic.verdict).toBe('equivalent')
  })

  it('keeps a current configuration that is as good as any', async () => {
    const current = { workerClass: 'async', workers: 1, threads: 1, workerConnections: 1000 } as const
    const { advice } = await analyzeFake({ app: { cpuMs: 10, waitMs: 0 }, effectiveCpus: 1, current })
    expect(advice.recommendation).toMatchObject({ action: 'keep', configuration: current })
  })

  it('refuses to answer where the app fails, or the generator is the limit', async () => {
    const failing = { cpuMs: 5, waitMs: 0, failingShare: 1 }
    expect((await analyzeFake({ app: failing, effectiveCpus: 2 })).advice.recommendation.action).toBe(
      'inconclusive',
    )
    const limited = await analyzeFake({
      app: { cpuMs: 0.04, waitMs: 0 },
      effectiveCpus: 2,
      generatorMs: 0.03,
    })
    expect(limited.advice.recommendation).toMatchObject({ action: 'inconclusive', confidence: 'low' })
  })

  it('gives the same class and equivalent advice for the same app ten times', async () => {
    const app = { cpuMs: 2, waitMs: 4 }
    const answers = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) {
      const { workload, advice } = await analyzeFake({ app, effectiveCpus: 2, seed })
      answers.add(
        `${workload.class} ${advice.recommendation.configuration.workerClass} ${advice.recommendation.configuration.workers}`,
      )
    }
    expect([...answers]).toEqual(['mixed async 2'])
  })

  it('is a valid document and near the true best for a hundred random apps and machines', async () => {
    const apps: fc.Arbitrary<FakeApp> = fc.record({
      cpuMs: fc.double({ min: 0.1, max: 30, noNaN: true }),
      waitMs: fc.double({ min: 0, max: 60, noNaN: true }),
      blocking: fc.boolean(),
      offLoop: fc.constant(false),
    })
    const machines = fc.record({
      effectiveCpus: fc.constantFrom(0.5, 1, 1.5, 2, 4, 8),
      memoryBytes: fc.constantFrom(3e8, 1e9, 8e9),
      seed: fc.nat(1e6),
    })
    await fc.assert(
      fc.asyncProperty(apps, machines, async (app, machine) => {
        const { advice, workload, noise, load } = await analyzeFake({ app, ...machine })
        expect(workloadSchema.safeParse(workload).error).toBeUndefined()
        expect(noiseSchema.safeParse(noise).error).toBeUndefined()
        expect(recommendationSchema.safeParse(advice.recommendation).error).toBeUndefined()
        for (const one of advice.candidates) expect(candidateSchema.safeParse(one).error).toBeUndefined()
        const recommended = advice.candidates.filter(({ outcome }) => outcome === 'recommended')
        expect(recommended).toHaveLength(advice.recommendation.action === 'inconclusive' ? 0 : 1)
        if (recommended[0] === undefined) return
        expect(recommended[0].throughputRps).not.toBeNull()
        const truth = (configuration: (typeof recommended)[0]['configuration']) =>
          trueThroughput(app, configuration, machine.effectiveCpus, load.connections)
        const raced = advice.candidates.filter(({ outcome }) => outcome !== 'excluded')
        const best = Math.max(...raced.map(({ configuration }) => truth(configuration)))
        expect(truth(recommended[0].configuration) / best).toBeGreaterThan(0.94)
      }),
      { numRuns: 100, seed: 20_260_101 },
    )
  }, 60_000)
})
