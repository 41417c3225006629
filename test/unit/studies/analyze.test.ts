import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resultDocumentSchema, type AnalyzeDocument } from '../../../src/result/document.js'
import { configurationKey } from '../../../src/result/configuration.js'
import { analyzeFake } from '../../helpers/fake-analysis.js'
import { trueThroughput, type FakeApp } from '../../helpers/fake-app.js'

const candidate = (document: AnalyzeDocument, key: string) =>
  document.candidates.find((one) => one.key === key)

describe('analyze, against a simulated machine', () => {
  it('io: async, many times above 2N+1 sync workers, which serve workers / 20 ms', async () => {
    const { document, world } = await analyzeFake({ app: { cpuMs: 0.06, waitMs: 20 }, effectiveCpus: 2 })
    expect(document.workload?.class).toBe('async-io')
    expect(document.recommendation?.configuration.workerClass).toBe('async')
    const rule = candidate(document, 'sync-5')
    expect(rule?.outcome).toBe('worse')
    expect(rule?.throughputRps?.value).toBeGreaterThan(237)
    expect(rule?.throughputRps?.value).toBeLessThan(263)
    expect(document.recommendation?.expected.throughputRps?.value).toBeGreaterThan(20 * 263)
    expect(world.running).toBe(0)
  })

  it('cpu: as many workers as cores, and 2N+1 is called equivalent', async () => {
    const { document } = await analyzeFake({ app: { cpuMs: 10, waitMs: 0 }, effectiveCpus: 2, noise: 0.005 })
    expect(document.recommendation).toMatchObject({ action: 'change', configuration: { workers: 2 } })
    expect(document.heuristic?.verdict).toBe('equivalent')
    expect(document.heuristic?.effect?.low).toBeGreaterThan(0.97)
  })

  it('saves every trial, numbered in order, and keeps within the budget', async () => {
    const { document, saved } = await analyzeFake({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2 })
    expect(saved).toEqual(document.trials)
    expect(document.trials.map(({ id }) => id)).toEqual(document.trials.map((_, index) => index))
    expect(document.durationSeconds).toBeLessThan(60)
    expect(document.plan.blocks).toBeGreaterThanOrEqual(6)
  })

  it('confirms on fresh servers in fresh blocks, and quotes that effect alone', async () => {
    const { document, world } = await analyzeFake({
      app: { cpuMs: 2, waitMs: 4 },
      effectiveCpus: 2,
      budgetSeconds: 90,
    })
    const { confirmation, recommendation, heuristic, trials } = document
    expect(confirmation?.blocks).toBeGreaterThanOrEqual(6)
    const blocksOf = (phase: string) =>
      new Set(trials.flatMap((one) => (one.phase === phase ? [one.block] : [])))
    expect(blocksOf('confirmation').size).toBe(confirmation?.blocks)
    expect([...blocksOf('race')].filter((block) => blocksOf('confirmation').has(block))).toEqual([])
    const key = configurationKey(recommendation!.configuration)
    const quoted = confirmation?.effects.find((one) => one.key === key)
    expect(heuristic?.effect).toEqual(quoted?.effect)
    // The probe, every candidate once, and everybody of the confirmation once more.
    const raced = document.candidates.filter(({ outcome }) => outcome !== 'excluded').length
    expect(world.started).toBe(1 + raced + (confirmation?.keys.length ?? 0))
    expect(document.durationSeconds).toBeLessThan(90)
  })

  it('has an A/A pair where it decides: in the confirmation, not in the race that selects', async () => {
    const { document } = await analyzeFake({
      app: { cpuMs: 2, waitMs: 4 },
      effectiveCpus: 2,
      budgetSeconds: 90,
    })
    const rule = configurationKey(document.heuristic!.configuration)
    const count = (phase: string) =>
      document.trials.filter((one) => one.phase === phase && one.target === rule).length
    expect(count('race')).toBe(document.plan.blocks - document.confirmation!.blocks)
    expect(count('confirmation')).toBe(2 * document.confirmation!.blocks)
    expect(document.noise?.floor).toBeGreaterThan(0)
    const alone = await analyzeFake({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2, budgetSeconds: 30 })
    expect(alone.document.confirmation?.blocks).toBe(0)
    expect(alone.document.noise?.floor).toBeGreaterThan(0)
  })

  it('confirms "keep" against the best rival, and is sure of it', async () => {
    const { document } = await analyzeFake({
      ...{ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2, budgetSeconds: 90, noise: 0.005 },
      scale: ({ workerClass, workers }) => (workerClass === 'async' && workers === 5 ? 1 : 0.8),
    })
    expect(document.recommendation).toMatchObject({ action: 'keep', confidence: 'high' })
    expect(document.confirmation?.keys).toEqual(['async-5x1000', 'async-2x1000'])
    expect(document.confirmation?.effects[0]).toMatchObject({ key: 'async-2x1000', verdict: 'worse' })
  })

  it('finds the knee of the winner within a quarter of what one connection predicts', async () => {
    const { document } = await analyzeFake({
      app: { cpuMs: 2, waitMs: 4 },
      effectiveCpus: 2,
      budgetSeconds: 90,
    })
    const { connections, workload } = document
    const ratio = (connections?.kneeMeasured ?? 0) / (workload?.kneeConcurrency ?? 1)
    expect(ratio).toBeGreaterThan(0.75)
    expect(ratio).toBeLessThan(1.25)
    expect(connections?.advice?.balancerLimit).toBeGreaterThan(workload!.kneeConcurrency!)
  })

  it('says of worker connections in a reason what the finding says after the sweep', async () => {
    const { document } = await analyzeFake({
      app: { cpuMs: 1, waitMs: 20 },
      effectiveCpus: 2,
      budgetSeconds: 90,
    })
    const { connections, findings, recommendation } = document
    expect(connections?.points.length).toBeGreaterThan(0)
    const observed = findings.find(({ id }) => id === 'TUNE-CONN-LOOP')?.observed ?? ''
    const fills = /a loop; (\d+) requests/.exec(observed)?.[1]
    const reasons = recommendation!.reasons.filter((reason) => reason.includes('worker connections'))
    expect(reasons).toEqual([expect.stringContaining(`it takes ${fills} under way to fill one`)])
  })

  it('says what it left out where the budget is short', async () => {
    const { document } = await analyzeFake({
      app: { cpuMs: 2, waitMs: 4 },
      effectiveCpus: 2,
      budgetSeconds: 25,
    })
    expect(document.confirmation).toMatchObject({
      blocks: 0,
      note: expect.stringMatching(/^Not confirmed: /),
    })
    expect(document.connections?.note).toMatch(/^Not varied: /)
    expect(document.recommendation?.confidence).not.toBe('high')
  })

  it('refuses an app that answers 500, and leaves nothing running', async () => {
    const failing = analyzeFake({ app: { cpuMs: 5, waitMs: 0, failingShare: 1 }, effectiveCpus: 2 })
    await expect(failing).rejects.toMatchObject({ code: 'TUNE_E_APP_ANSWERS', exit: 5 })
  })

  it('advises to lift a limit of the rate, and not to look for another path', async () => {
    const answers = (status: number) =>
      analyzeFake({
        ...{ app: { cpuMs: 5, waitMs: 0, failingShare: 1 }, effectiveCpus: 2 },
        spoil: () => ({ statusCounts: { [status]: 400 } }),
      }).catch((error: unknown) => (error as { suggestions: string[] }).suggestions[0])
    expect(await answers(429)).toMatch(/limits the rate/)
    expect(await answers(404)).toMatch(/--path/)
  })

  it('more processes where each brings a pool of its own, and not where the limit lies behind them', async () => {
    const two = { effectiveCpus: 2, budgetSeconds: 90 }
    const own = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, poolPerProcess: 10 }, ...two })
    expect(own.document.workload).toMatchObject({ class: 'downstream' })
    expect(own.document.workload?.downstreamConcurrency).toBeCloseTo(10, 0)
    expect(own.document.recommendation?.configuration).toMatchObject({ workerClass: 'async', workers: 10 })
    const behind = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, poolSize: 10 }, ...two })
    expect(behind.document.recommendation?.configuration).toMatchObject({ workerClass: 'async', workers: 1 })
    const downstream = ({ findings }: typeof own.document) =>
      findings.find(({ id }) => id === 'TUNE-APP-DOWNSTREAM')?.advice
    expect(downstream(own.document)).toMatch(
      /10 async workers, the most of their kind that were tried.*would probably carry more/,
    )
    expect(downstream(behind.document)).toMatch(/shared by all workers/)
    expect(downstream(behind.document)).not.toContain('make it larger')
  })

  it('promises no more of a larger machine where the limit lies behind all workers', async () => {
    const two = { effectiveCpus: 2, budgetSeconds: 90, forMachine: { cpus: 8, memoryBytes: undefined } }
    const behind = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, poolSize: 10 }, ...two })
    const { whatIf, candidates } = behind.document
    const most = Math.max(...candidates.map(({ throughputRps }) => throughputRps?.value ?? 0))
    expect(whatIf?.throughputRps).toBeLessThanOrEqual(most)
    expect(whatIf?.throughputRps).toBeGreaterThan(0.8 * most)
    expect(whatIf?.configuration.workers).toBe(1)
    expect(whatIf?.limits[0]).toMatch(/so what limits them is shared by all workers: neither more CPUs/)
    const own = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, poolPerProcess: 10 }, ...two })
    expect(own.document.whatIf?.throughputRps).toBeGreaterThan(2 * most)
  })

  it("raises libuv's pool instead of processes where requests wait in it, and only there", async () => {
    const two = { effectiveCpus: 2, budgetSeconds: 90, forMachine: { cpus: 4, memoryBytes: undefined } }
    const files = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, waitsInPool: true }, ...two })
    const { workload, recommendation, findings, model } = files.document
    expect(workload).toMatchObject({ class: 'downstream', poolThreads: 4 })
    expect(workload?.reasons.join(' ')).toContain("libuv's pool, in which files and DNS look-ups wait")
    expect(workload?.constraints?.[0]?.observed).toContain("libuv's pool")
    expect(findings.find(({ id }) => id === 'TUNE-APP-DOWNSTREAM')?.advice).toContain('UV_THREADPOOL_SIZE')
    expect(recommendation?.configuration).toMatchObject({ workers: 1, threadPool: 40 })
    expect(recommendation?.command).toMatch(/^UV_THREADPOOL_SIZE=40 tune serve/)
    for (const { error } of model!.predictions.filter(({ unit }) => unit === 'req/s')) {
      expect(Math.abs(error)).toBeLessThan(0.2)
    }
    expect(files.document.whatIf?.configuration).toHaveProperty('threadPool')
    // Four connections to a database of each process, which look the same to the probe.
    const own = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, poolPerProcess: 4 }, ...two })
    expect(own.document.workload).toMatchObject({ class: 'downstream', poolThreads: 4 })
    expect(own.document.recommendation?.configuration).toMatchObject({ workers: 10 })
    expect(own.document.recommendation?.configuration).not.toHaveProperty('threadPool')
    // What the race has refuted is no advice for another machine either.
    expect(own.document.whatIf?.configuration).not.toHaveProperty('threadPool')
    const other = await analyzeFake({ app: { cpuMs: 0.3, waitMs: 50, poolPerProcess: 10 }, ...two })
    expect(other.document.workload).not.toHaveProperty('poolThreads')
    expect(other.document.candidates.map(({ key }) => key).join()).not.toContain('pool')
  })

  it('does not answer where the generator is the limit', async () => {
    const { document } = await analyzeFake({
      app: { cpuMs: 0.04, waitMs: 0 },
      effectiveCpus: 2,
      generatorMs: 0.03,
    })
    expect(document.recommendation).toMatchObject({ action: 'inconclusive', confidence: 'low' })
  })

  it('withholds the answer when most trials are invalid, and says what to change', async () => {
    const { document } = await analyzeFake({
      app: { cpuMs: 2, waitMs: 4 },
      effectiveCpus: 2,
      spoil: (run) => (run < 20 ? {} : { littleRatio: 0.5 }),
    })
    expect(document.recommendation).toMatchObject({ action: 'inconclusive', confidence: 'low' })
    expect(document.recommendation?.reasons[0]).toMatch(
      /trials that are compared may not be believed \(littles-law\)/,
    )
    expect(document.recommendation?.reasons.join()).not.toContain('worker connections')
    expect(document.candidates.map(({ outcome }) => outcome)).not.toContain('recommended')
    expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
  })

  it.each([0, 1, 2, 12, 40])(
    'interrupted at load %i: what is known, and nothing left running',
    async (at) => {
      const controller = new AbortController()
      const { document, world, saved } = await analyzeFake({
        app: { cpuMs: 2, waitMs: 4 },
        effectiveCpus: 2,
        signal: controller.signal,
        onRun: (run) => {
          if (run === at) controller.abort(new Error('Ctrl-C'))
        },
      })
      expect(document.status).toBe('interrupted')
      expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
      expect(document.trials).toEqual(saved)
      expect(document.workload === null).toBe(at < 2)
      expect(document.recommendation === null).toBe(at < 30)
      expect(world.running).toBe(0)
    },
  )

  it('gives the same class and equivalent advice for the same app ten times', async () => {
    const answers = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) {
      const { document } = await analyzeFake({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2, seed })
      const { workerClass, workers } = document.recommendation?.configuration ?? {}
      answers.add(`${document.workload?.class} ${workerClass} ${workers}`)
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
        const { document } = await analyzeFake({ app, ...machine })
        expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
        const { candidates, recommendation, plan } = document
        const recommended = candidates.filter(({ outcome }) => outcome === 'recommended')
        expect(recommended).toHaveLength(recommendation?.action === 'inconclusive' ? 0 : 1)
        if (recommended[0] === undefined || plan.connections === null) return
        expect(recommended[0].throughputRps).not.toBeNull()
        const connections = plan.connections
        const truth = (configuration: (typeof recommended)[0]['configuration']) =>
          trueThroughput(app, configuration, machine.effectiveCpus, connections)
        const raced = candidates.filter(({ outcome }) => outcome !== 'excluded')
        const best = Math.max(...raced.map(({ configuration }) => truth(configuration)))
        expect(truth(recommended[0].configuration) / best).toBeGreaterThan(0.94)
      }),
      { numRuns: 100, seed: 20_260_101 },
    )
  }, 60_000)
})
