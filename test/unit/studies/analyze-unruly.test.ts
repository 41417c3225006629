import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resultDocumentSchema } from '../../../src/result/document.js'
import { sync } from '../../helpers/documents.js'
import { PLAIN_QUESTION, type Question } from '../../../src/result/question.js'
import { headline } from '../../../src/report/sentences.js'
import { analyzeFake } from '../../helpers/fake-analysis.js'
import { trueThroughput, type FakeApp } from '../../helpers/fake-app.js'

const MIXED = { cpuMs: 2, waitMs: 4 }
const analyzed = async (
  app: FakeApp,
  rest: { effectiveCpus?: number; seed?: number; question?: Question } = {},
) => {
  const { document, world } = await analyzeFake({ effectiveCpus: 2, budgetSeconds: 90, ...rest, app })
  expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
  expect(world.running).toBe(0)
  return document
}

describe('analyze, for apps that do not behave', () => {
  it('fails under load: refuses with the reason, and quotes no trial that failed', async () => {
    const { recommendation, candidates, findings, workload } = await analyzed({ ...MIXED, failsBeyond: 4 })
    expect(recommendation).toMatchObject({ action: 'inconclusive', confidence: 'low' })
    expect(recommendation?.reasons.join(' ')).toContain('non-2xx')
    expect(recommendation?.reasons[1]).toMatch(/^The app answers one client, but 50 % .* fail \(500\)/)
    // The request is not to blame.
    expect(recommendation?.reasons.join(' ')).not.toContain('--path')
    expect(findings.find(({ id }) => id === 'TUNE-APP-FAILS')?.observed).toContain('50 %')
    expect(workload).toMatchObject({ limitedBy: 'unknown', confidence: expect.not.stringMatching('high') })
    expect(recommendation?.expected.throughputRps).toBeNull()
    for (const { throughputRps } of candidates) expect(throughputRps).toBeNull()
  })

  it('slows down as it runs: refuses, because no figure of it would hold', async () => {
    const { recommendation } = await analyzed({ ...MIXED, slowsDownBy: 0.6 })
    expect(recommendation?.action).toBe('inconclusive')
    expect(recommendation?.reasons.join(' ')).toContain('not-steady')
  })

  it('dies under one client: refused, with what the server said last', async () => {
    await expect(analyzed({ ...MIXED, diesAfter: 400 })).rejects.toMatchObject({
      code: 'TUNE_E_APP_DIES',
      exit: 5,
      message: expect.stringMatching(/ended once while .* GET .*[^]*exited with code 7/),
    })
  })

  it('dies under load alone: nothing is concluded, and nobody else is blamed for it', async () => {
    const { recommendation, warnings } = await analyzed({ ...MIXED, diesAfter: 800 })
    expect(recommendation).toMatchObject({ action: 'inconclusive', confidence: 'low' })
    expect(recommendation?.reasons[0]).toMatch(/may not be believed \(worker-restart\)/)
    expect(warnings.join()).toContain('exited with code 7')
  })

  it('answers so slowly that no block fits: says which budget carries three', async () => {
    const slow = analyzeFake({ app: { cpuMs: 2, waitMs: 3000 }, effectiveCpus: 2, budgetSeconds: 20 })
    await expect(slow).rejects.toMatchObject({
      code: 'TUNE_E_TOO_SHORT',
      exit: 5,
      suggestions: [expect.stringMatching(/--budget \d+0s/)],
    })
  })

  it('answers slowly enough for one block alone: a large difference decides all the same, and the budget for three is said', async () => {
    const { document } = await analyzeFake({
      ...{ app: { cpuMs: 0.2, waitMs: 1500 }, effectiveCpus: 2, budgetSeconds: 60 },
      question: { current: { configuration: sync(3), source: 'a test' } },
    })
    expect(document.plan.blocks).toBe(1)
    expect(document.recommendation).toMatchObject({ action: 'change', confidence: 'low' })
    expect(document.recommendation?.configuration.workerClass).toBe('async')
    // Nothing in the report says the contrary.
    expect(headline(document)).toMatch(/times the throughput of today's 3 sync workers$/)
    expect(document.candidates.find(({ key }) => key === 'sync-3')?.outcome).toBe('worse')
    expect(document.warnings.join()).toMatch(/Only 1 block of trials fitted into 60 s.*--budget \d+0s/)
  })

  it('leaks: the right answer, and the leak with when to recycle', async () => {
    const { recommendation, findings, model } = await analyzed({ ...MIXED, leakBytes: 20_000 })
    expect(recommendation?.configuration.workerClass).toBe('async')
    const leak = findings.find(({ id }) => id === 'TUNE-APP-LEAK')
    expect(leak?.advice).toMatch(/--max-requests \d+/)
    const { maxRequests, maxRequestsJitter } = leak!.recycle!
    expect(recommendation?.command).toMatch(
      new RegExp(`^tune serve .* --max-requests ${maxRequests} --max-requests-jitter ${maxRequestsJitter}$`),
    )
    expect(model!.leakBytesPerRequest! / 20_000).toBeGreaterThan(0.8)
    expect(model!.leakBytesPerRequest! / 20_000).toBeLessThan(1.25)
  })

  it('leaks: what requests have left behind is no memory of a worker', async () => {
    const leaking = await analyzed({ ...MIXED, leakBytes: 200_000 })
    const usual = await analyzed(MIXED)
    // Those of one connection are in it still.
    expect(leaking.memory!.perWorkerBytes).toBeLessThan(4 * usual.memory!.perWorkerBytes)
    expect(leaking.memory!.perThreadBytes).toBeGreaterThan(0)
    expect(leaking.recommendation?.configuration).toEqual(usual.recommendation?.configuration)
  })

  it('leaks, and memory is bounded: whoever has served most by then is not too large for it', async () => {
    const question = { ...PLAIN_QUESTION, maxMemoryBytes: 600e6 }
    const leaking = await analyzed({ ...MIXED, leakBytes: 200_000 }, { question })
    const usual = await analyzed(MIXED, { question })
    expect(leaking.candidates.filter(({ outcome }) => outcome === 'too-large')).toEqual([])
    expect(leaking.recommendation?.configuration).toEqual(usual.recommendation?.configuration)
    expect(leaking.warnings.join()).not.toContain('nothing that fits was measured')
  })

  it('has a first request that outlasts the warm-up: the probe is made again', async () => {
    const first = { count: 41, mean: 46_000, p50: 11_000, p95: null, p99: null, p999: null, max: 3_000_000 }
    const { document } = await analyzeFake({
      ...{ app: MIXED, effectiveCpus: 2, budgetSeconds: 60 },
      spoil: (load) => (load === 0 ? { throughputRps: 20, latencyUs: first } : {}),
    })
    expect(document.trials.filter(({ phase }) => phase === 'probe')).toHaveLength(2)
    expect(document.workload?.residenceMsPerRequest).toBeLessThan(10)
  })

  it('has a slow first request: it decides nothing', async () => {
    const slow = await analyzed({ ...MIXED, slowStartSeconds: 0.6 })
    const usual = await analyzed(MIXED)
    expect(slow.workload?.class).toBe(usual.workload?.class)
    expect(slow.recommendation?.configuration).toEqual(usual.recommendation?.configuration)
  })

  it('any of them: never a number that rests on what failed, and never a worse answer than the rule unsaid', async () => {
    const unruly: fc.Arbitrary<FakeApp> = fc
      .record({
        cpuMs: fc.double({ min: 0.2, max: 20, noNaN: true }),
        waitMs: fc.double({ min: 0, max: 60, noNaN: true }),
        failsBeyond: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
        slowsDownBy: fc.constantFrom(0, 0, 0.5),
        leakBytes: fc.constantFrom(0, 0, 50_000),
        slowStartSeconds: fc.constantFrom(0, 0.5, 2),
        offLoop: fc.boolean(),
        poolPerProcess: fc.option(fc.constant(10), { nil: undefined }),
        collectsShare: fc.constantFrom(0.02, 0.02, 0.3),
        workerBytes: fc.constantFrom(40e6, 40e6, 900e6),
        closes: fc.constantFrom(false, false, true),
      })
      .map(({ failsBeyond, poolPerProcess, ...app }) => ({
        ...app,
        ...(failsBeyond === undefined ? {} : { failsBeyond }),
        ...(poolPerProcess === undefined ? {} : { poolPerProcess }),
      }))
    await fc.assert(
      fc.asyncProperty(
        unruly,
        fc.constantFrom(0.5, 1, 2, 8),
        fc.nat(1e6),
        async (app, effectiveCpus, seed) => {
          const { recommendation, heuristic, plan, trials, workload, memory } = await analyzed(app, {
            ...{ effectiveCpus, seed },
          })
          const kinds = (workload?.constraints ?? []).map(({ kind }) => kind)
          const runsOut = workload?.limitedBy === 'cpu' || workload?.limitedBy === 'event-loop'
          if (!app.offLoop) expect(kinds.includes('gc-bound')).toBe(runsOut && app.collectsShare === 0.3)
          if (memory!.maxWorkers < Math.ceil(effectiveCpus)) expect(kinds).toContain('memory-bound')
          expect(kinds.includes('downstream-limited')).toBe(workload?.limitedBy === 'downstream')
          if (recommendation === null || recommendation.action === 'inconclusive') return
          // What failed in every trial of the load cannot have been recommended from.
          expect(trials.some(({ block, validity }) => block !== null && validity.ok)).toBe(true)
          const truth = (one: typeof recommendation.configuration) =>
            trueThroughput(app, one, effectiveCpus, plan.connections ?? 1)
          const ratio = truth(recommendation.configuration) / truth(heuristic!.configuration)
          expect(ratio).toBeGreaterThan(0.9)
        },
      ),
      { numRuns: 100, seed: 20_261_121 },
    )
  }, 60_000)
})
