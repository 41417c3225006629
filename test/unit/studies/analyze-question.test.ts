import { describe, expect, it, vi } from 'vitest'
import { serverBytes } from '../../../src/result/memory.js'
import { resultDocumentSchema } from '../../../src/result/document.js'
import { configurationKey, type Configuration } from '../../../src/result/configuration.js'
import { expectation, headline } from '../../../src/report/sentences.js'
import { questionSentence } from '../../../src/report/question.js'
import { reproduceCommand } from '../../../src/report/reproduce.js'
import { analyzeFake, type FakeAnalysisOptions } from '../../helpers/fake-analysis.js'
import { trueThroughput } from '../../helpers/fake-app.js'

const MIXED = { cpuMs: 2, waitMs: 4 }
const sync = (workers: number): Configuration => ({
  ...{ workerClass: 'sync', workers, threads: 1, workerConnections: 1000 },
})
const asked = async (options: Partial<FakeAnalysisOptions>) => {
  const { document } = await analyzeFake({ app: MIXED, effectiveCpus: 2, budgetSeconds: 90, ...options })
  expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
  return document
}

describe('analyze, asked about what runs today', () => {
  const current = { configuration: sync(2), source: '--current' }

  it('sets the answer against it, and confirms against it and the rule', async () => {
    const { recommendation, confirmation, candidates } = await asked({ question: { current } })
    expect(recommendation?.action).toBe('change')
    expect(recommendation?.reasons[0]).toContain('the current configuration (2 sync workers)')
    expect(confirmation?.effects.map(({ against }) => against)).toEqual(
      expect.arrayContaining(['sync-2', 'async-5x1000']),
    )
    // Once, whichever of them wins.
    const pairs = confirmation?.effects.map(({ key, against }) => `${key} ${against}`)
    expect(pairs?.filter((pair) => pair === 'async-5x1000 sync-2')).toHaveLength(1)
    expect(pairs).not.toContain('sync-2 async-5x1000')
    const today = candidates.find(({ key }) => key === 'sync-2')
    expect(today).toMatchObject({ control: true, outcome: 'worse' })
    expect(today?.proposedBy).toContain('runs today: --current')
  })

  it('keeps it where it is as good, whatever 2N+1 would be', async () => {
    const best = { ...sync(2), workerClass: 'async' as const }
    const { recommendation } = await asked({
      question: { current: { configuration: best, source: 'tune.config.ts' } },
    })
    expect(recommendation).toMatchObject({ action: 'keep', configuration: best })
  })

  it('says that it cannot be measured, and that the rule stands in for it', async () => {
    const large = { configuration: sync(40), source: '--current' }
    const document = await asked({ memoryBytes: 600e6, question: { current: large } })
    expect(document.warnings).toContainEqual(
      expect.stringMatching(
        /^What runs today, 40 sync workers, was not measured \(needs about \d+ MiB .*\): the answer is compared with 2N\+1 instead$/,
      ),
    )
    expect(questionSentence(document)).toContain(
      'what runs today, which was not measured: 40 sync workers (--current)',
    )
    const held = await asked({ question: { current } })
    expect(held.warnings.join()).not.toContain('What runs today')
    expect(questionSentence(held)).toContain('compared with what runs today: 2 sync workers (--current)')
  })

  it('measures what else the user names, and says how to repeat it', async () => {
    const document = await asked({ question: { current, candidates: [sync(3)] } })
    const named = document.candidates.find(({ key }) => key === 'sync-3')
    expect(named?.proposedBy).toContain('asked for with --candidate')
    expect(named?.throughputRps).not.toBeNull()
    expect(named?.note).not.toBe('')
    expect(reproduceCommand(document)).toContain(
      '--current class=sync,workers=2 --candidate class=sync,workers=3',
    )
  })
})

describe('analyze, asked for something else than throughput', () => {
  it('a target rate: the cheapest that carries it with room to spare', async () => {
    const { recommendation } = await asked({ question: { targetRps: 150 } })
    expect(recommendation?.configuration.workers).toBe(1)
    const carried = trueThroughput(MIXED, recommendation!.configuration, 2, 64)
    expect(carried).toBeGreaterThan(150)
  })

  it('a target rate: the cheapest stays in the race, however far the leader is ahead', async () => {
    // Each process has a pool of ten: two of them carry 400, ten of them 2,000.
    const app = { cpuMs: 0.3, waitMs: 50, poolPerProcess: 10 }
    const { recommendation } = await asked({ app, question: { targetRps: 300 } })
    expect(recommendation).toMatchObject({ action: 'change', configuration: { workers: 2 } })
  })

  it('a target rate beyond the machine: the best there is, and no pretending', async () => {
    const document = await asked({ question: { targetRps: 5000 } })
    const { recommendation } = document
    expect(headline(document)).toMatch(
      /^Nothing measured carries 5,000 req\/s with room to spare; the most is [\d,]+ req\/s, of \d async workers$/,
    )
    expect(recommendation?.reasons[0]).not.toContain('carries the target')
  })

  it('memory: fewer processes, for at most a fifth less', async () => {
    const { recommendation, candidates } = await asked({
      app: { cpuMs: 2, waitMs: 4 },
      effectiveCpus: 1.1,
      question: { optimize: 'memory' },
    })
    expect(recommendation?.configuration.workers).toBe(1)
    const best = Math.max(...candidates.map(({ throughputRps }) => throughputRps?.value ?? 0))
    expect(recommendation?.expected.throughputRps?.value).toBeGreaterThan(0.75 * best)
  })

  it('at most so much memory: nothing that needs more is measured', async () => {
    const { candidates } = await asked({ question: { maxMemoryBytes: 130e6 } })
    const measured = candidates.filter(({ outcome }) => outcome !== 'excluded')
    for (const { configuration } of measured) expect(configuration.workers).toBeLessThanOrEqual(2)
  })

  describe('at most so much memory, where threads take more than anybody can know before', () => {
    const maxMemoryBytes = 300e6
    const app = { cpuMs: 2, waitMs: 20, blocking: true, threadBytes: 60e6 }
    const threaded = { ...sync(2), workerClass: 'threaded' as const, threads: 4 }
    const answered = async (current: Configuration | null) => {
      const document = await asked({
        app,
        question: {
          maxMemoryBytes,
          ...{ candidates: current === null ? [threaded] : [] },
          ...(current === null ? {} : { current: { configuration: current, source: '--current' } }),
        },
      })
      const found = document.candidates.find(({ key }) => key === configurationKey(threaded))
      return { ...document, found }
    }

    it('is kept by what is measured: what takes more is no answer, however fast', async () => {
      const { recommendation, found, warnings } = await answered(null)
      expect(found).toMatchObject({ outcome: 'too-large' })
      expect(found?.note).toMatch(/takes \d+ MiB, and 286 MiB may be used/)
      expect(found?.throughputRps?.value).toBeGreaterThan(recommendation!.expected.throughputRps!.value)
      expect(serverBytes(recommendation!.expected)).toBeLessThanOrEqual(maxMemoryBytes)
      expect(warnings.join()).not.toContain('--max-memory')
    })

    it('is a reason to leave what runs today', async () => {
      const { recommendation, found } = await answered(threaded)
      expect(found).toMatchObject({ outcome: 'too-large', control: true })
      expect(recommendation?.action).toBe('change')
      expect(recommendation?.reasons[0]).toMatch(
        /the current configuration .* takes \d+ MiB, and 286 MiB may be used/,
      )
      expect(serverBytes(recommendation!.expected)).toBeLessThanOrEqual(maxMemoryBytes)
    })
  })

  it('less memory than one worker takes: says so, and measures nothing', async () => {
    await expect(asked({ question: { maxMemoryBytes: 1024 } })).rejects.toMatchObject({
      message: expect.stringContaining('does not hold one worker'),
      exit: 2,
    })
  })

  it('at most so much memory: counts as the limit in all that is said', async () => {
    const { memory, workload, findings } = await asked({ question: { maxMemoryBytes: 130e6 } })
    expect(memory!.maxWorkers).toBeLessThanOrEqual(2)
    const limit = findings.find(({ id }) => id === 'TUNE-LIMIT-MEM')
    expect(limit?.observed).toContain('124 MiB (--max-memory)')
    const said = [...findings, ...(workload!.constraints ?? [])].map(({ observed }) => observed).join()
    expect(said).not.toContain(`${Math.round(8e9 / 2 ** 20)} MiB`)
  })

  it('latency: compares p95 below the knee, and says that it does', async () => {
    const { plan, workload, heuristic } = await asked({ question: { optimize: 'latency' } })
    expect(plan.connections).toBeLessThan(workload!.kneeConcurrency!)
    expect(heuristic?.measure ?? 'speed at p95 under moderate load').toContain('p95')
  })

  it('an objective: decides by the rate that keeps it, which is below the capacity', async () => {
    const { recommendation, confirmation } = await asked({
      question: { slo: { percentile: 'p99', limitUs: 40_000 } },
    })
    expect(confirmation?.note).toMatch(/Largest rate that keeps p99<40ms.* req\/s/)
    expect(recommendation?.action).not.toBe('inconclusive')
    const rate = recommendation?.expected.throughputRps?.value ?? 0
    const capacity = trueThroughput(MIXED, recommendation!.configuration, 2, 512)
    expect(rate).toBeGreaterThan(0.3 * capacity)
    expect(rate).toBeLessThan(capacity)
    expect(confirmation?.keys).toContain(configurationKey(recommendation!.configuration))
  })

  it('an objective of an app of which one worker at a time takes few: the search begins at what fills the others', async () => {
    const app = { cpuMs: 0.2, waitMs: 60 }
    const { document, world } = await analyzeFake({
      ...{ app, effectiveCpus: 2, budgetSeconds: 90 },
      question: { slo: { percentile: 'p99', limitUs: 250_000 } },
    })
    const { recommendation, candidates } = document
    const { value, high } = recommendation!.expected.throughputRps!
    const raced = candidates.find(({ outcome }) => outcome === 'recommended')!
    expect(value).toBeGreaterThan(0.6 * trueThroughput(app, raced.configuration, 2, 2000))
    // What is said to fail was tried.
    expect(world.openRates).toContain(value)
    if (high !== null) expect(world.openRates).toContain(high)
  })

  it('an objective below what a single client waits: refused after the probe', async () => {
    const asking = asked({ question: { slo: { percentile: 'p99', limitUs: 2000 } } })
    await expect(asking).rejects.toMatchObject({
      code: 'TUNE_E_OBJECTIVE',
      exit: 5,
      message: expect.stringMatching(/^No configuration keeps p99<2ms: a single client.* waits 6(\.\d)? ms/),
    })
  })

  it('a target rate within an objective that is far beyond all: needs no load', async () => {
    const { document, world } = await analyzeFake({
      ...{ app: MIXED, effectiveCpus: 2, budgetSeconds: 90 },
      question: { slo: { percentile: 'p99', limitUs: 100_000 }, targetRps: 100_000 },
    })
    expect(world.openRates).toEqual([])
    expect(document.recommendation?.action).toBe('inconclusive')
    expect(document.recommendation?.reasons[0]).toMatch(
      /^Nothing that was measured carries the target: .* was not tried/,
    )
    expect(document.candidates.map(({ note }) => note).join()).toContain(
      'cannot carry the target, so it was not tried',
    )
    expect(expectation(document)).toBe('the target is beyond what it can carry')
    expect(document.confirmation?.note).toContain(
      'async-5x1000 not tried (it is beyond all that closed load and model give it)',
    )
  })

  it('an objective where the generator is late: no fault of the server, and no answer', async () => {
    const { document } = await analyzeFake({
      ...{ app: MIXED, effectiveCpus: 2, budgetSeconds: 90, lateUs: 500_000 },
      question: { slo: { percentile: 'p99', limitUs: 20_000 } },
    })
    expect(document.recommendation?.action).toBe('inconclusive')
    expect(document.recommendation?.reasons[0]).toContain('could be searched for the rate')
    expect(document.confirmation?.note).toContain(
      'The load generator could not send on time what was asked of async-5x1000',
    )
  })

  it('an objective in a short run: two searches, coarser, within the time', async () => {
    for (const budgetSeconds of [40, 60, 90]) {
      const { confirmation, durationSeconds } = await asked({
        ...{ budgetSeconds, question: { slo: { percentile: 'p99', limitUs: 40_000 } } },
      })
      expect(confirmation!.keys.length).toBeGreaterThanOrEqual(2)
      expect(durationSeconds).toBeLessThan(1.05 * budgetSeconds)
    }
  })

  it('an objective: quotes the latency at the rate that keeps it', async () => {
    const limitUs = 40_000
    const document = await asked({ question: { slo: { percentile: 'p99', limitUs } } })
    const { recommendation } = document
    expect(recommendation?.expected.latencyUs.p99).toBeLessThanOrEqual(limitUs)
    expect(recommendation?.expected.openLoad).toBe(true)
    expect(expectation(document)).toMatch(/ by open load; the race, .* by closed load$/)
    const closed = await asked({})
    expect(expectation(closed)).toMatch(
      / client connections(, from the confirmation(; the race, .* had [\d,.]+ req\/s)?)?$/,
    )
  })

  it('an objective that nothing keeps: says so, and from which rate on', async () => {
    const { recommendation, candidates } = await asked({
      question: { slo: { percentile: 'p99', limitUs: 5000 } },
    })
    expect(recommendation?.action).toBe('inconclusive')
    expect(recommendation?.reasons[0]).toMatch(
      /keeps the objective: .* missed it at [1-9][\d,.]* requests per second already/,
    )
    expect(candidates.map(({ note }) => note).join()).not.toContain('0 blocks')
  })

  it('an objective of an app that is slow: within the budget, and never "keep" because nothing else was searched', async () => {
    for (const cpuMs of [10, 20, 40, 80]) {
      for (const budgetSeconds of [60, 90, 240]) {
        const { recommendation, confirmation, durationSeconds } = await asked({
          ...{ app: { cpuMs, waitMs: 2 * cpuMs }, budgetSeconds },
          question: {
            slo: { percentile: 'p99', limitUs: 20_000 * cpuMs },
            current: { configuration: sync(2), source: '--current' },
          },
        })
        expect(durationSeconds).toBeLessThan(1.05 * budgetSeconds)
        const searched = new Set(confirmation!.keys)
        if (recommendation?.action !== 'inconclusive') {
          expect([...searched]).toEqual(expect.arrayContaining(['sync-2', 'async-5x1000']))
          expect(searched.size).toBeGreaterThanOrEqual(3)
          expect(recommendation?.expected.openLoad).toBe(true)
        }
      }
    }
  })

  it('an objective for which the time is too short: no answer to another question, and how much longer it takes', async () => {
    const { recommendation, heuristic, confirmation } = await asked({
      ...{ app: { cpuMs: 80, waitMs: 160 }, budgetSeconds: 60 },
      question: { slo: { percentile: 'p99', limitUs: 2e6 } },
    })
    expect(recommendation).toMatchObject({ action: 'inconclusive', confidence: 'low' })
    expect(recommendation?.reasons[0]).toContain('could be searched for the rate')
    expect(recommendation?.expected.openLoad).toBeUndefined()
    expect(heuristic?.measure).toBeUndefined()
    expect(confirmation?.note).toMatch(/takes about \d+ s more of --budget/)
  })

  it('an objective on p95 takes fewer requests, so a slow app has an answer', async () => {
    const app = { cpuMs: 40, waitMs: 80 }
    const { recommendation } = await asked({ app, question: { slo: { percentile: 'p95', limitUs: 1e6 } } })
    expect(recommendation?.action).not.toBe('inconclusive')
  })

  it('a target rate within an objective: what carries it is enough, and nothing says otherwise', async () => {
    const { recommendation, findings, confirmation, candidates } = await asked({
      question: { slo: { percentile: 'p99', limitUs: 100_000 }, targetRps: 250 },
    })
    expect(recommendation?.action).not.toBe('inconclusive')
    expect(recommendation?.expected.throughputRps?.value).toBe(250)
    const finding = findings.find(({ id }) => id === 'TUNE-LIMIT-RATE')
    expect(finding).toMatchObject({ level: 'ok', title: 'The target rate is carried' })
    expect(confirmation?.note).toMatch(/^250 req\/s within p99<100ms.* kept twice/)
    // What closed load showed of those that were not tried is no effect on a rate.
    const tried = new Set(confirmation!.keys)
    const untried = candidates.filter(({ key, throughputRps }) => !tried.has(key) && throughputRps !== null)
    expect(untried.length).toBeGreaterThan(0)
    for (const { effect } of untried) expect(effect).toBeNull()
  })

  it('a target rate within an objective that the rule misses: who keeps it is better, by no ratio', async () => {
    const document = await asked({
      ...{ app: { cpuMs: 0.5, waitMs: 20 }, server: undefined },
      question: {
        ...{ slo: { percentile: 'p99', limitUs: 100_000 }, targetRps: 600 },
        current: { configuration: sync(2), source: '--current' },
      },
    })
    expect(document.recommendation).toMatchObject({ action: 'change' })
    const today = document.candidates.find(({ key }) => key === 'sync-2')
    expect(today).toMatchObject({ outcome: 'worse', effect: null })
    expect(today?.note).toContain('cannot carry the target, so it was not tried')
  })

  it('an objective that the rule keeps at no rate, and another does: that one, with or without a target', async () => {
    const app = { cpuMs: 1, waitMs: 20, blocking: true }
    for (const targetRps of [400, null]) {
      const slo = { percentile: 'p99', limitUs: targetRps === null ? 65_500 : 200_000 } as const
      const document = await asked({ app, question: { slo, targetRps } })
      const { recommendation, heuristic, candidates } = document
      const missed = candidates.filter(({ note }) => note.startsWith('keeps the objective at no rate'))
      if (targetRps !== null) expect(missed.map(({ key }) => key)).toContain('sync-5')
      expect(recommendation?.action).toBe('change')
      expect(recommendation?.reasons[0]).not.toContain('room to spare')
      expect(recommendation?.expected.throughputRps?.value).toBeGreaterThan(0)
      if (targetRps !== null) expect(heuristic).toMatchObject({ verdict: 'better', effect: null })
      const finding = document.findings.find(({ id }) => id === 'TUNE-RULE-IO')
      expect(finding?.advice).not.toContain('nothing else was measured')
    }
  })

  it('an objective that nothing keeps: no figures of another load beside it, and no other machine by it', async () => {
    const document = await asked({
      question: { slo: { percentile: 'p99', limitUs: 5000 } },
      forMachine: { cpus: 8 },
    })
    expect(document.recommendation?.expected).toMatchObject({ latencyUs: { p50: null, p99: null } })
    expect(expectation(document)).toBe('the objective is kept at no rate that was tried')
    expect(document.whatIf?.throughputRps).toBeGreaterThan(0)
  })

  it('a pool of libuv that is inherited: says so, and counts on it', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16')
    const { warnings, findings } = await asked({ app: { cpuMs: 4, waitMs: 1, offLoop: true } })
    vi.unstubAllEnvs()
    expect(warnings.join()).toContain('UV_THREADPOOL_SIZE=16 of this environment')
    const pool = findings.find(({ id }) => id === 'TUNE-APP-POOL')
    expect(pool?.observed).not.toContain('x 4 pool threads')
    expect((await asked({})).warnings.join()).not.toContain('UV_THREADPOOL_SIZE')
  })

  it('a target rate within an objective that nothing carries: says at which rate', async () => {
    const { recommendation, findings } = await asked({
      question: { slo: { percentile: 'p99', limitUs: 100_000 }, targetRps: 1500 },
    })
    expect(recommendation?.action).toBe('inconclusive')
    expect(recommendation?.reasons[0]).toContain('missed it at 1500 requests per second')
    expect(findings.find(({ id }) => id === 'TUNE-LIMIT-RATE')).toBeUndefined()
  })
})
