import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { proposeCandidates, type ProposalContext } from '../../../src/advisor/candidates.js'
import { heuristicWorkers } from '../../../src/advisor/heuristic.js'
import { configurationBytes } from '../../../src/advisor/memory.js'
import { kneeConcurrency } from '../../../src/advisor/model.js'
import { workloadClassSchema } from '../../../src/result/analysis.js'
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
  current: null,
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
    const open = proposeCandidates(context({ current, limit: 2 }))
    expect(open.currentKey).toBe('sync-12')
    expect(open.proposals.filter(({ control }) => control).map(({ key }) => key)).toEqual([
      'async-5x1000',
      'sync-12',
    ])
    const tight = proposeCandidates(context({ current, memoryBudgetBytes: 400e6 }))
    expect(tight.currentKey).toBeNull()
    expect(tight.excluded[0]).toMatchObject({ key: 'sync-12', proposedBy: ['runs today'] })
  })

  it('proposes threads before processes only where memory is short', () => {
    const short = { memory: { ...MEMORY, perWorkerBytes: 300e6, maxWorkers: 1 }, memoryBudgetBytes: 430e6 }
    expect(keys({ workload: cpu, ...short })).toContain('threaded-1x2')
    expect(keys({ workload: cpu })).not.toContain('threaded-1x2')
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
            current,
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
