import { describe, expect, it } from 'vitest'
import { growthAtEdge, sharedLimitOf } from '../../../src/advisor/shared-limit.js'
import type { Candidate } from '../../../src/result/analysis.js'
import { configurationKey, type Configuration } from '../../../src/result/configuration.js'
import { workload } from '../../helpers/arbitraries.js'
import { async } from '../../helpers/documents.js'

const raced = (configuration: Configuration, rps: number, rest: Partial<Candidate> = {}): Candidate => ({
  ...{ key: configurationKey(configuration), configuration, proposedBy: [], connections: 64, control: false },
  throughputRps: { value: rps, low: null, high: null },
  latencyUs: { p50: null, p95: null, p99: null },
  ...{ pssBytes: null, effect: null, outcome: 'equivalent', note: '' },
  ...rest,
})

/** 50 ms of waiting, hardly any CPU: ten at a time are 200 requests per second. */
const downstream = workload({ class: 'downstream', cpuMsPerRequest: 0.3, residenceMsPerRequest: 50 })
const about = (candidates: Candidate[], given = downstream) => ({
  ...{ workload: given, candidates, effectiveCpus: 2 },
})

describe('sharedLimitOf', () => {
  const flat = [raced(async(1), 199), raced(async(5), 198), raced(async(10), 200)]

  it('is what more workers did not add to, with the measurement', () => {
    const shared = sharedLimitOf(about(flat))
    expect(shared).toMatchObject({ throughputRps: 200, reached: flat })
    expect(shared?.evidence).toBe(
      '10 async workers carried 200 requests per second and 5 async workers 198 (+1.0 %), so what limits them is shared by all workers',
    )
  })

  it('shows among the most, where a few workers are short of it by themselves', () => {
    const bent = [raced(async(1), 100), raced(async(5), 198), raced(async(10), 200)]
    expect(sharedLimitOf(about(bent))?.reached.map(({ key }) => key)).toEqual([
      'async-5x1000',
      'async-10x1000',
    ])
  })

  it.each([
    ['throughput grew', [raced(async(5), 100), raced(async(10), 190)]],
    ['too near each other', [raced(async(4), 200), raced(async(5), 200)]],
    ['one number of workers alone', [raced(async(5), 200)]],
    ['too few clients to fill it', flat.map((one) => ({ ...one, connections: 10 }))],
    ['a larger pool got past it', [...flat, raced({ ...async(1), threadPool: 40 }, 900)]],
    ['not believed', [raced(async(5), 200), raced(async(10), 200, { outcome: 'invalid' })]],
  ])('is nothing to claim: %s', (_, candidates) => {
    expect(sharedLimitOf(about(candidates))).toBeNull()
  })

  it('is nothing to claim of another class, and where CPU may have run out', () => {
    expect(sharedLimitOf(about(flat, { ...downstream, class: 'cpu' }))).toBeNull()
    expect(sharedLimitOf(about(flat, { ...downstream, cpuMsPerRequest: 9 }))).toBeNull()
  })
})

describe('growthAtEdge', () => {
  it('says that each of the most carried as much as each of fewer, and that CPU had room', () => {
    expect(growthAtEdge(about([raced(async(5), 100), raced(async(10), 192)]))).toBe(
      '10 async workers, the most of their kind that were tried, carried 192 requests per second, 96 % as much each as 5, with about 3 % of the CPUs in use',
    )
  })

  it('says nothing where growth bends, where CPU is nearly used up, and of another class', () => {
    expect(growthAtEdge(about([raced(async(5), 100), raced(async(10), 150)]))).toBeNull()
    const growing = [raced(async(5), 100), raced(async(10), 200)]
    expect(growthAtEdge(about(growing, { ...downstream, cpuMsPerRequest: 8 }))).toBeNull()
    expect(growthAtEdge(about(growing, { ...downstream, class: 'async-io' }))).toBeNull()
    expect(growthAtEdge(about([]))).toBeNull()
  })
})
