import { describe, expect, it } from 'vitest'
import { renderAnalyzeTerminal } from '../../../src/report/terminal/analyze.js'
import { resultDocumentSchema } from '../../../src/result/document.js'
import type { RequestSpec } from '../../../src/result/request.js'
import { analyzeFake, type FakeAnalysisOptions } from '../../helpers/fake-analysis.js'
import { FAKE_REQUEST } from '../../helpers/fakes.js'

const analyzed = async (options: Partial<FakeAnalysisOptions>) => {
  const { document } = await analyzeFake({
    ...{ app: { cpuMs: 5, waitMs: 0 }, effectiveCpus: 2, budgetSeconds: 90 },
    ...options,
  })
  expect(resultDocumentSchema.safeParse(document).error).toBeUndefined()
  return document
}
const text = (document: Awaited<ReturnType<typeof analyzed>>) =>
  renderAnalyzeTerminal(document, { width: 200, color: false, unicode: true })

describe('analyze, of apps that more than their nature limits', () => {
  it('collects garbage: gc-bound, as a constraint and as a finding', async () => {
    const document = await analyzed({ app: { cpuMs: 5, waitMs: 0, collectsShare: 0.4 } })
    expect(document.workload).toMatchObject({ class: 'cpu', confidence: 'high' })
    expect(document.workload?.constraints).toMatchObject([{ kind: 'gc-bound', confidence: 'high' }])
    expect(document.findings.find(({ id }) => id === 'TUNE-APP-GC')).toMatchObject({ evidence: 'measured' })
    expect(text(document)).toMatch(/Also +gc-bound \(high confidence\): .*40 %/)
  })

  it('heaps that settle late: what is confirmed is what they do once they have', async () => {
    const settlesAfter = 400
    const late = { cpuMs: 5, waitMs: 0, settlesAfter }
    const document = await analyzed({ app: { ...late, collectsShare: 0.4 } })
    expect(document.confirmation?.note).toMatch(/loaded for \d[\d.]* s each so that their heaps settle/)
    const confirmed = document.trials.filter(({ phase }) => phase === 'confirmation')
    // 2 CPUs at 5 ms, and two thirds of that before.
    expect(confirmed.length).toBeGreaterThan(8)
    expect(Math.min(...confirmed.map(({ throughputRps }) => throughputRps))).toBeGreaterThan(350)
    const raced = document.trials.filter(({ phase }) => phase === 'race')
    expect(Math.min(...raced.map(({ throughputRps }) => throughputRps))).toBeLessThan(300)
    expect(document.durationSeconds).toBeLessThan(95)
  })

  it('heaps that settle late: the budget that it names is enough for those of the race', async () => {
    const app = { cpuMs: 5, waitMs: 0, settlesAfter: 400, collectsShare: 0.4 }
    const short = await analyzed({ app })
    const hint = /heaps take tens of seconds .* --budget (\d+)s/
    const budgetSeconds = Number(short.warnings.map((one) => hint.exec(one)?.[1]).find(Boolean))
    expect(budgetSeconds).toBeGreaterThan(150)
    expect(budgetSeconds).toBeLessThan(400)
    const long = await analyzed({ app, budgetSeconds })
    expect(long.warnings.join()).not.toMatch(hint)
    expect(long.durationSeconds).toBeLessThan(budgetSeconds)
    const ruleInRace = (document: typeof long) =>
      document.trials.filter(({ phase, target }) => phase === 'race' && target === 'sync-5')
    // 2 CPUs at 5 ms; a third less until the heaps have settled.
    for (const { throughputRps } of ruleInRace(short)) expect(throughputRps).toBeLessThan(300)
    for (const { throughputRps } of ruleInRace(long)) expect(throughputRps).toBeGreaterThan(350)
    expect(ruleInRace(long).length).toBeGreaterThan(1)
  })

  it('loads no other app for it', async () => {
    const document = await analyzed({ app: { cpuMs: 5, waitMs: 0, collectsShare: 0.05 } })
    expect(document.confirmation?.note).toMatch(/^Servers were started anew and measured/)
    expect(document.warnings.join()).not.toMatch(/heaps/)
  })

  it('150 MB a worker in 600 MB, four cores: memory-bound, and never more than fit', async () => {
    const document = await analyzed({
      app: { cpuMs: 5, waitMs: 0, workerBytes: 150e6 },
      ...{ effectiveCpus: 4, memoryBytes: 600e6 },
    })
    expect(document.workload?.constraints).toMatchObject([{ kind: 'memory-bound', value: 2, limit: 4 }])
    expect(document.workload?.constraints?.[0]?.observed).toMatch(
      /^458 MiB \(80 % of 572 MiB, test\) hold 2 of 4/,
    )
    expect(document.recommendation?.configuration.workers).toBeLessThanOrEqual(2)
  })

  it('a leak that fills memory within the day: memory-bound', async () => {
    const document = await analyzed({ app: { cpuMs: 2, waitMs: 4, leakBytes: 20_000 } })
    expect(document.workload?.constraints).toMatchObject([
      { kind: 'memory-bound', observed: expect.stringContaining('stay behind with every request') },
    ])
  })

  it('a pool behind the app: downstream-limited', async () => {
    const document = await analyzed({ app: { cpuMs: 0.3, waitMs: 50, poolSize: 10 } })
    expect(document.workload?.constraints).toMatchObject([{ kind: 'downstream-limited', confidence: 'high' }])
  })

  it('a generator dearer than the app: generator-limited, and no advice', async () => {
    const document = await analyzed({ app: { cpuMs: 0.05, waitMs: 0 }, generatorMs: 0.06 })
    expect(document.workload?.constraints).toMatchObject([{ kind: 'generator-limited' }])
    expect(document.recommendation?.action).toBe('inconclusive')
  })

  it('an app that closes connections: seen', async () => {
    const closing = await analyzed({ app: { cpuMs: 2, waitMs: 4, closes: true } })
    expect(closing.findings.find(({ id }) => id === 'TUNE-CONN-REOPENED')?.level).toBe('warn')
    const keeping = await analyzed({ app: { cpuMs: 2, waitMs: 4 } })
    expect(keeping.findings.find(({ id }) => id === 'TUNE-CONN-REOPENED')?.level).toBe('ok')
  })
})

const route = (name: string, weight: number) => ({ ...FAKE_REQUEST, name, weight, path: `/${name}` })
const MIX: RequestSpec = {
  ...FAKE_REQUEST,
  mix: { name: 'shop', seed: 1, routes: [route('report', 1), route('list', 7), route('read', 2)] },
}
const ROUTES = {
  '/report': { cpuMs: 40, waitMs: 0 },
  '/list': { cpuMs: 0.2, waitMs: 20 },
  '/read': { cpuMs: 0.3, waitMs: 20, blocking: true },
}

describe('analyze, with a mix of requests', () => {
  it('classifies each, the most frequent first, with its part of the CPU', async () => {
    const document = await analyzed({ app: { cpuMs: 4.2, waitMs: 18 }, request: MIX, routes: ROUTES })
    const { routes = [] } = document.workload!
    expect(routes.map(({ name }) => name)).toEqual(['list', 'read', 'report'])
    expect(routes.map((one) => one.class)).toEqual(['async-io', 'blocking-io', 'cpu'])
    expect(routes.map(({ share }) => share)).toEqual([0.7, 0.2, 0.1])
    expect(routes.reduce((sum, { cpuPart }) => sum + cpuPart!, 0)).toBeCloseTo(1)
    expect(routes[2]!.cpuPart).toBeCloseTo(4 / 4.2, 1)
    expect(routes[2]!.cpuMsPerRequest! / 40).toBeCloseTo(1, 1)
    for (const { confidence, doubts = [], evidence } of routes) {
      expect(confidence).not.toBe('high')
      expect(doubts).toContainEqual({
        ...{ why: 'Nothing overloads it by itself.', raise: 'an analysis of this request alone' },
      })
      expect(evidence).toMatchObject({ cpuMsPerRequest: 'measured', waitMsPerRequest: 'modelled' })
    }
    const finding = document.findings.find(({ id }) => id === 'TUNE-APP-ROUTES')
    expect(finding?.title).toContain('differ')
    expect(finding?.level).toBe('warn')
    expect(finding?.advice).toContain('report')
    expect(text(document)).toMatch(/report \(10 %\): cpu, medium confidence, C 4\d(\.\d+)? ms/)
    expect(text(document).replace(/\s+/g, ' ')).toMatch(
      /report \(10 %\): cpu, [^:]*Not sure: .*Nothing overloads it by itself; surer with an analysis of this request alone/,
    )
    // The probe of the mix is what the model rests on, not the last request by itself.
    expect(document.model?.certainty.find(({ figure }) => figure === 'W')?.why).toMatch(/from \d+ requests/)
  })

  it('takes what a worker does in the background off each', async () => {
    const app = { cpuMs: 4.2, waitMs: 18, idleCores: 0.2 }
    const { routes = [] } = (await analyzed({ app, request: MIX, routes: ROUTES })).workload!
    expect(routes.map((one) => one.class)).toEqual(['async-io', 'blocking-io', 'cpu'])
    // 0.2 cores are 4 ms of CPU for each of 50 requests a second.
    expect(routes[0]!.cpuMsPerRequest!).toBeCloseTo(0.2, 1)
  })

  it('a request that fails alone is not classified, and says so; rare ones are left out of a small budget', async () => {
    const failing = { ...ROUTES, '/read': { cpuMs: 1, waitMs: 1, failingShare: 0.5 } }
    const document = await analyzed({
      ...{ app: { cpuMs: 4.2, waitMs: 18 }, request: MIX, routes: failing, budgetSeconds: 20 },
    })
    const routes = document.workload?.routes ?? []
    expect(routes[1]).toMatchObject({ name: 'read', class: null, cpuPart: null })
    expect(routes[1]?.note).toContain('50 %')
    expect(routes[2]).toMatchObject({ name: 'report', class: null, note: expect.stringContaining('budget') })
    expect(routes[0]).toMatchObject({ class: 'async-io', cpuPart: 1 })
  })

  it('one request has no rows', async () => {
    expect((await analyzed({})).workload?.routes).toBeUndefined()
  })
})
