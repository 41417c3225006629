import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { proposeCandidates, type ProposalContext } from '../../../src/advisor/candidates.js'
import { heuristicWorkers } from '../../../src/advisor/heuristic.js'
import { configurationBytes } from '../../../src/advisor/memory.js'
import { kneeConcurrency } from '../../../src/advisor/model.js'
import { workloadClassSchema, type Workload } from '../../../src/result/analysis.js'
import { configurationKey, type Configuration } from '../../../src/result/configuration.js'
import { configurations, workload } from '../../helpers/arbitraries.js'

const MEMORY = {
  arbiterBytes: 40e6,
  perWorkerBytes: 50e6,
  perThreadBytes: 16e6,
  maxWorkers: 1000,
  evidence: 'measured' as const,
}

const context = (overrides: Partial<ProposalContext> = {}): ProposalContext => ({
  workload: workload({}),
  effectiveCpus: 2,
  memory: MEMORY,
  memoryBudgetBytes: 64e9,
  openFilesLimit: null,
  current: null,
  asked: [],
  limit: 8,
  ...overrides,
})

const keys = (overrides: Partial<ProposalContext>) =>
  proposeCandidates(context(overrides)).proposals.map(({ key }) => key)

const cpu = workload({
  class: 'cpu',
  cpuMsPerRequest: 10,
  loopMsPerRequest: 10,
  waitMsPerRequest: 0,
  kneeConcurrency: 2,
  loopShare: 1,
})
const blocking = workload({ class: 'blocking-io', loopMsPerRequest: 20, loopShare: 1 })

const today = (configuration: Configuration) => ({ configuration, because: 'runs today' })

describe('proposeCandidates', () => {
  it('CPU-bound: workers up to the cores, against the rule in its default class', () => {
    const { proposals, heuristicKey } = proposeCandidates(context({ workload: cpu }))
    expect(heuristicKey).toBe('sync-5')
    expect(proposals[0]).toMatchObject({ key: 'sync-5', control: true })
    expect(proposals.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['async-2x1000', 'sync-2', 'async-1x1000']),
    )
  })

  it('async I/O: one loop per core, against the rule as async and as sync', () => {
    const { proposals, heuristicKey } = proposeCandidates(context())
    expect(heuristicKey).toBe('async-5x1000')
    expect(proposals.map(({ key }) => key)).toEqual(expect.arrayContaining(['async-2x1000', 'sync-5']))
  })

  it('blocking I/O: a worker or a thread for each wait, by the knee formula', () => {
    const small = { ...blocking, waitMsPerRequest: 3.5, loopMsPerRequest: 4, kneeConcurrency: 16 }
    const { proposals } = proposeCandidates(context({ workload: small }))
    const knee = proposals.find(({ key }) => key === 'sync-16')
    expect(knee!.proposedBy).toEqual(['N(1 + W/C) = 2 x (1 + 3.5/0.5) = 16'])
    expect(proposals.map(({ key }) => key)).toEqual(expect.arrayContaining(['threaded-2x8', 'threaded-2x16']))
  })

  it('does not start hundreds of processes, and says so', () => {
    const { proposals } = proposeCandidates(context({ workload: { ...blocking, kneeConcurrency: 300 } }))
    expect(proposals.find(({ key }) => key === 'sync-32')!.proposedBy[0]).toContain('capped at 32')
  })

  it('with half a core proposes one worker, and never more than the rule', () => {
    const { proposals } = proposeCandidates(context({ workload: cpu, effectiveCpus: 0.5 }))
    expect(proposals.map(({ key }) => key)).toContain('async-1x1000')
    for (const { configuration } of proposals) expect(configuration.workers).toBeLessThanOrEqual(2)
  })

  it('keeps the current configuration as a control, unless memory does not hold it', () => {
    const current: Configuration = { workerClass: 'sync', workers: 12, threads: 1, workerConnections: 1000 }
    const open = proposeCandidates(context({ current: today(current), limit: 2 }))
    expect(open.currentKey).toBe('sync-12')
    expect(open.proposals.filter(({ control }) => control).map(({ key }) => key)).toEqual([
      'async-5x1000',
      'sync-12',
    ])
    const tight = proposeCandidates(context({ current: today(current), memoryBudgetBytes: 400e6 }))
    expect(tight.currentKey).toBeNull()
    expect(tight.excluded[0]).toMatchObject({ key: 'sync-12', proposedBy: ['runs today'] })
  })

  it('leaves out nothing cheaper that may carry a rate that is enough, however little time there is', () => {
    expect(keys({ workload: cpu, limit: 2 })).not.toContain('async-1x1000')
    expect(keys({ workload: cpu, limit: 2, enoughRps: 60 })).toContain('async-1x1000')
    // Nor for being far below what the machine can do.
    const large = { workload: cpu, effectiveCpus: 16, limit: 4 }
    expect(keys(large)).not.toContain('async-1x1000')
    expect(keys({ ...large, enoughRps: 75 })).toContain('async-1x1000')
    // One loop of 10 ms carries 100 a second at most.
    expect(keys({ workload: cpu, limit: 2, enoughRps: 120 })).not.toContain('async-1x1000')
  })

  it("counts a larger pool of libuv's for what it lets through, where a rate is enough", () => {
    const files = workload({
      ...{ class: 'downstream', limitedBy: 'downstream', downstreamConcurrency: 4, poolThreads: 4 },
      ...{ cpuMsPerRequest: 0.5, loopMsPerRequest: 0.5, waitMsPerRequest: 39.5, residenceMsPerRequest: 40 },
      kneeConcurrency: 320,
    })
    const asked = { workload: files, effectiveCpus: 4, limit: 2 }
    // 72 at a time of 40 ms carry 1800 a second, four 100.
    expect(keys({ ...asked, enoughRps: 625 })).toContain('async-1x1000-pool72')
    expect(keys({ ...asked, enoughRps: 1900 })).not.toContain('async-1x1000-pool72')
  })

  it('measures what the user asks for, promising or not, beyond the limit too', () => {
    const hopeless: Configuration = { workerClass: 'sync', workers: 1, threads: 1, workerConnections: 1000 }
    const asked = [{ configuration: hopeless, because: 'asked for with --candidate' }]
    const { proposals } = proposeCandidates(context({ asked, limit: 1 }))
    expect(proposals.map(({ key }) => key)).toEqual(['async-5x1000', 'sync-1'])
    expect(proposals[1]).toMatchObject({ control: false, proposedBy: ['asked for with --candidate'] })
  })

  it('holds no more connections than a process may have open files, and says so', () => {
    const { proposals } = proposeCandidates(context({ openFilesLimit: 256 }))
    for (const { configuration, proposedBy } of proposals) {
      if (configuration.workerClass !== 'async') continue
      expect(configuration.workerConnections).toBe(192)
      expect(proposedBy[0]).toContain('capped by open files')
    }
    const wide: Configuration = { workerClass: 'async', workers: 1, threads: 1, workerConnections: 1000 }
    const { excluded, currentKey } = proposeCandidates(context({ openFilesLimit: 256, current: today(wide) }))
    expect(currentKey).toBeNull()
    expect(excluded[0]?.why).toBe('needs up to 1064 open files in a process, 256 are allowed')
  })

  it("sizes libuv's pool for work that runs on it, where Node's four threads are not one for each core", () => {
    const offloop = workload({ ...cpu, class: 'offloop-cpu', loopMsPerRequest: 1, loopShare: 0.1 })
    expect(keys({ workload: offloop, effectiveCpus: 8 })).toContain('async-1x1000-pool8')
    expect(keys({ workload: offloop, effectiveCpus: 4 }).join()).not.toContain('pool')
  })

  it("proposes a larger pool of libuv's beside more processes, where it may be what requests wait in", () => {
    const behind = { class: 'downstream', limitedBy: 'downstream', downstreamConcurrency: 4.1 } as const
    const proposed = (overrides: Partial<Workload>, effectiveCpus = 2) =>
      keys({ workload: workload({ ...behind, ...overrides }), effectiveCpus }).filter((key) =>
        key.startsWith('async'),
      )
    // 80 under way would fill the cores, and twice the rule is ten processes.
    expect(proposed({ poolThreads: 4 })).toEqual(
      expect.arrayContaining(['async-10x1000', 'async-1x1000-pool40', 'async-1x1000', 'async-2x1000']),
    )
    expect(proposed({}).join()).not.toContain('pool')
    // A loop that four requests fill, and ten would fill the cores.
    const busy = { cpuMsPerRequest: 5, loopMsPerRequest: 5, waitMsPerRequest: 15, kneeConcurrency: 10 }
    expect(proposed({ ...busy, poolThreads: 4 })).toContain('async-2x1000-pool6')
    expect(proposed({ poolThreads: 4, kneeConcurrency: 4 }).join()).not.toContain('pool')
    expect(proposed({ poolThreads: 16, kneeConcurrency: 20_000 }, 64)).toContain('async-64x1000-pool65')
  })

  it('proposes threads before processes only where memory is short', () => {
    const short = { memory: { ...MEMORY, perWorkerBytes: 300e6, maxWorkers: 1 }, memoryBudgetBytes: 430e6 }
    expect(keys({ workload: cpu, ...short })).toContain('threaded-1x2')
    expect(keys({ workload: cpu })).not.toContain('threaded-1x2')
    // Where not even one process has room to grow, there is nothing that threads could be put into.
    const none = { memory: { ...MEMORY, perWorkerBytes: 300e6, maxWorkers: 0 }, memoryBudgetBytes: 200e6 }
    const { proposals } = proposeCandidates(context({ workload: cpu, ...none }))
    expect(proposals.flatMap(({ proposedBy }) => proposedBy).join()).not.toContain('threads before processes')
    expect(proposals.length).toBeGreaterThan(0)
  })

  it('gives mixed apps that memory cuts short a thread for each request under way', () => {
    const short = { memory: { ...MEMORY, perWorkerBytes: 300e6, maxWorkers: 1 }, memoryBudgetBytes: 480e6 }
    const times = { cpuMsPerRequest: 4, loopMsPerRequest: 4, waitMsPerRequest: 2, loopShare: 0.67 }
    const mixed = workload({ class: 'mixed', ...times, kneeConcurrency: 3 })
    const { proposals } = proposeCandidates(context({ workload: mixed, ...short }))
    expect(proposals.find(({ key }) => key === 'threaded-1x3')?.proposedBy).toEqual([
      'memory holds no more than 1 process for 2 cores, and 3 requests under way fill them, so threads before processes',
    ])
    expect(keys({ workload: mixed })).not.toContain('threaded-1x3')
    const supports = ({ workerClass }: Configuration) => workerClass !== 'threaded'
    expect(keys({ workload: mixed, ...short, supports }).join()).not.toContain('threaded')
    // However long it waits: this once took a thread for each of them, and hours.
    const patient = workload({ class: 'mixed', ...times, kneeConcurrency: 1e12 })
    const [threaded] = proposeCandidates(
      context({ workload: patient, ...short, memoryBudgetBytes: 1e12 }),
    ).proposals.filter(({ configuration }) => configuration.workerClass === 'threaded')
    expect(threaded?.configuration.threads).toBeLessThan(100)
  })

  it('never lets a server stand for the rule that it cannot run', () => {
    const runsOne = ({ workerClass, workers, threads }: Configuration) =>
      workerClass === 'async' && workers === 1 && threads === 1
    const { proposals, heuristicKey } = proposeCandidates(context({ workload: cpu, supports: runsOne }))
    expect(heuristicKey).toBe('async-1x1000')
    expect(proposals).toHaveLength(1)
    expect(proposals[0]?.proposedBy[0]).toContain('cannot run the rule 2N+1 = 5')
    const threads = ({ workerClass, workers }: Configuration) => workerClass !== 'async' && workers === 1
    expect(proposeCandidates(context({ supports: threads })).heuristicKey).toBe('threaded-1x5')
    const none = () => proposeCandidates(context({ supports: () => false }))
    expect(none).toThrow(/no configuration at all/)
  })

  it('merges what several formulas propose', () => {
    const { proposals } = proposeCandidates(context({ workload: cpu, effectiveCpus: 1 }))
    const one = proposals.find(({ key }) => key === 'async-1x1000')!
    expect(one.proposedBy.length).toBe(2)
  })

  it('for any machine and app: fits, is within the limit, is unique, and has its controls', () => {
    const apps = fc
      .record({
        class: fc.constantFrom(...workloadClassSchema.options),
        cpuMsPerRequest: fc.double({ min: 0, max: 100, noNaN: true }),
        loopMsPerRequest: fc.double({ min: 0, max: 100, noNaN: true }),
        waitMsPerRequest: fc.double({ min: 0, max: 1000, noNaN: true }),
        loopShare: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(workload)
    const machines = fc.record({
      effectiveCpus: fc.double({ min: 0.1, max: 64, noNaN: true }),
      memoryBudgetBytes: fc.integer({ min: 50e6, max: 64e9 }),
      perWorkerBytes: fc.integer({ min: 10e6, max: 500e6 }),
      limit: fc.integer({ min: 1, max: 10 }),
      current: fc.option(configurations),
    })
    fc.assert(
      fc.property(apps, machines, (app, machine) => {
        const { effectiveCpus, memoryBudgetBytes, perWorkerBytes, limit, current } = machine
        const memory = {
          ...MEMORY,
          perWorkerBytes,
          maxWorkers: Math.max(
            1,
            Math.floor((memoryBudgetBytes - MEMORY.arbiterBytes) / perWorkerBytes / 1.2),
          ),
        }
        const knee = kneeConcurrency(effectiveCpus, app.cpuMsPerRequest, app.waitMsPerRequest)
        const result = proposeCandidates(
          context({
            workload: { ...app, kneeConcurrency: knee },
            effectiveCpus,
            memory,
            memoryBudgetBytes,
            current: current === null ? null : today(current),
            limit,
          }),
        )
        const found = result.proposals.map(({ key }) => key)
        expect(new Set(found).size).toBe(found.length)
        const controls = result.proposals.filter(({ control }) => control).map(({ key }) => key)
        expect(controls).toContain(result.heuristicKey)
        if (result.currentKey !== null) expect(controls).toContain(result.currentKey)
        expect(found.length).toBeLessThanOrEqual(Math.max(limit, controls.length))
        const most = Math.max(heuristicWorkers(effectiveCpus), Math.ceil(effectiveCpus))
        for (const { key, configuration, proposedBy } of result.proposals) {
          expect(key).toBe(configurationKey(configuration))
          expect(proposedBy.length).toBeGreaterThan(0)
          const smallest = configuration.workers === 1 && configuration.threads === 1
          if (!smallest)
            expect(configurationBytes(configuration, memory)).toBeLessThanOrEqual(memoryBudgetBytes)
          if (app.class === 'cpu' && key !== result.currentKey) {
            expect(configuration.workers).toBeLessThanOrEqual(most)
          }
        }
        for (const { why } of result.excluded) expect(why).not.toBe('')
      }),
    )
  })
})
