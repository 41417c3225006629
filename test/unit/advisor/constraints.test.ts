import { describe, expect, it } from 'vitest'
import { constraintsOf, pauseShare, type ConstraintContext } from '../../../src/advisor/constraints.js'
import { constraintSentence } from '../../../src/report/analysis-sentences.js'
import { workload } from '../../helpers/arbitraries.js'
import { fakeMachine } from '../../helpers/fakes.js'
import { server, trial } from '../../helpers/trials.js'

const collecting = (gcShare: number, phase: 'probe' | 'saturation') =>
  trial({ phase, block: null, target: 'probe', server: server({ gcShare }) })

const context = (overrides: Partial<ConstraintContext> = {}): ConstraintContext => ({
  workload: workload({ class: 'cpu', limitedBy: 'event-loop' }),
  trials: [],
  machine: fakeMachine(),
  memory: {
    arbiterBytes: 40e6,
    perWorkerBytes: 50e6,
    perThreadBytes: 16e6,
    maxWorkers: 20,
    evidence: 'measured',
  },
  memoryBudget: { bytes: 4.8e9, text: '4578 MiB (80 % of the 5722 MiB that are free)' },
  heapLimitBytes: 4e9,
  leak: null,
  answer: { workers: 2, threads: 1, throughputRps: 1000 },
  ...overrides,
})
const of = (overrides: Partial<ConstraintContext>) => constraintsOf(context(overrides))

describe('constraintsOf', () => {
  it('says nothing of an app that nothing but its nature limits', () => {
    expect(of({ trials: [collecting(0.03, 'probe'), collecting(0.04, 'saturation'), trial()] })).toEqual([])
  })

  it('gc-bound: sure when one connection and overload agree, by the time that the loop stands still', () => {
    const [found] = of({ trials: [collecting(0.3, 'probe'), collecting(0.4, 'saturation')] })
    expect(found).toMatchObject({ kind: 'gc-bound', confidence: 'high', value: 0.4, limit: 0.1, raise: '' })
    expect(found?.observed).toContain('40 %')
    const [unsure] = of({ trials: [collecting(0.02, 'probe'), collecting(0.4, 'saturation')] })
    expect(unsure).toMatchObject({ kind: 'gc-bound', confidence: 'medium' })
    expect(unsure?.raise).toContain('--trace-gc')
    expect(of({ trials: [collecting(0.4, 'probe')] })).toMatchObject([{ confidence: 'low' }])
  })

  it('not gc-bound where something else runs out first, or the server does not tell', () => {
    const trials = [collecting(0.4, 'probe'), collecting(0.4, 'saturation')]
    expect(of({ trials, workload: workload({ limitedBy: 'nothing' }) })).toEqual([])
    expect(of({ trials: [trial({ phase: 'saturation', block: null })] })).toEqual([])
  })

  it('pauses are set against the busy time of the loop, not against the CPU of the helpers too', () => {
    const halfHelpers = { gcShare: 0.2, cpuSecondsPerRequest: 0.002, loopSecondsPerRequest: 0.001 }
    expect(pauseShare(trial({ server: server(halfHelpers) }))).toBeCloseTo(0.4)
    expect(
      pauseShare(trial({ server: server({ ...halfHelpers, loopSecondsPerRequest: null }) })),
    ).toBeCloseTo(0.2)
    expect(pauseShare(trial({ server: null }))).toBeNull()
  })

  it('a browser beside each worker is none of its heap', () => {
    const memory = { ...context().memory, perWorkerBytes: 3.9e9 }
    expect(of({ memory, memoryBudget: { bytes: 1e12, text: '' } })).toMatchObject([{ kind: 'memory-bound' }])
    const beside = { ...memory, helperBytes: 3.8e9 }
    expect(of({ memory: beside, memoryBudget: { bytes: 1e12, text: '' } })).toEqual([])
  })

  it('memory-bound: too few workers fit, a heap nearly full, a leak that fills its room within a day', () => {
    const { memory } = context()
    const memoryBudget = { bytes: 101e6, text: '96 MiB (80 % of the 120 MiB that are free)' }
    expect(of({ memoryBudget })).toMatchObject([
      {
        ...{ kind: 'memory-bound', confidence: 'high', value: 1, limit: 2 },
        observed:
          '96 MiB (80 % of the 120 MiB that are free) hold 1 of 2 workers, one for each core, at 48 MiB each with 20 % to grow, beside 38 MiB for the server itself',
      },
    ])
    expect(of({ memoryBudget: { ...memoryBudget, bytes: 99e6 } })).toMatchObject([
      { value: 0, observed: expect.stringContaining('hold none of 2 workers') },
    ])
    expect(of({ memoryBudget, memory: { ...memory, evidence: 'rule of thumb' } })).toMatchObject([
      { confidence: 'low', raise: expect.stringContaining('tells its memory') },
    ])
    expect(of({ heapLimitBytes: 60e6 })).toMatchObject([{ kind: 'memory-bound', limit: 0.75 }])
    const leak = { target: 'a', bytesPerRequest: 10_000, requests: 5000 }
    const [leaking] = of({ leak })
    // (4.8e9 - 40e6) / 2 - 50e6 = 2.33e9 bytes, at 500 requests of 10 kB a second
    expect(leaking).toMatchObject({ kind: 'memory-bound', confidence: 'medium' })
    expect(leaking?.value).toBeCloseTo(2.33e9 / 5e6 / 3600, 6)
    const goneIn = (seconds: number) =>
      of({ leak: { ...leak, bytesPerRequest: 2.33e9 / 500 / seconds } })[0]?.observed
    expect(goneIn(33)).toMatch(/are gone in 33 s$/)
    expect(goneIn(89)).toMatch(/are gone in 89 s$/)
    expect(goneIn(120)).toMatch(/are gone in 2 min$/)
    expect(goneIn(7200)).toMatch(/are gone in 2 h$/)
    const [threaded] = of({ leak, answer: { workers: 2, threads: 3, throughputRps: 1000 } })
    expect(threaded?.value).toBeCloseTo(2.298e9 / 5e6 / 3600, 6)
    expect(of({ leak, answer: { workers: 2, threads: 1, throughputRps: 1 } })).toEqual([])
    expect(of({ leak, answer: null })).toEqual([])
  })

  it('two that are memory-bound say what differs', () => {
    const leak = { target: 'a', bytesPerRequest: 10_000, requests: 5000 }
    const found = of({ memoryBudget: { bytes: 101e6, text: '96 MiB' }, heapLimitBytes: 60e6, leak })
    expect(found.map(({ cause }) => cause)).toEqual(['workers', 'heap', 'leak'])
    expect(found.map(constraintSentence).map((text) => text.split(':')[0])).toEqual([
      'memory-bound, as too few workers fit (high confidence)',
      'memory-bound, as the heap of a worker is nearly full (medium confidence)',
      'memory-bound, as a leak fills it (medium confidence)',
    ])
  })

  it('downstream-limited: how many proceed, against what would fill the cores', () => {
    const limited = workload({ class: 'downstream', limitedBy: 'downstream', downstreamConcurrency: 10 })
    expect(of({ workload: limited })).toMatchObject([
      { kind: 'downstream-limited', confidence: 'high', value: 10, limit: 80, raise: '' },
    ])
    expect(of({ workload: { ...limited, downstreamConcurrency: 1 } })[0]?.observed).toMatch(
      /^about 1 request of/,
    )
    expect(of({ workload: { ...limited, downstreamConcurrency: 0.25 } })[0]?.observed).toContain(
      'slow each other',
    )
    const doubts = [{ why: 'few requests', raise: 'a longer probe' }]
    const [unsure] = of({ workload: { ...limited, confidence: 'medium', doubts } })
    expect(unsure?.raise).toContain('a longer probe')
  })

  it('generator-limited: in the overload, or in many of the trials that are compared', () => {
    const full = trial({ generatorCpu: 0.95 })
    expect(
      of({ workload: workload({ limitedBy: 'generator' }), trials: [{ ...full, block: null }] }),
    ).toMatchObject([{ kind: 'generator-limited', confidence: 'high', value: 0.95, limit: 0.85 }])
    expect(of({ trials: [full, trial()] })).toMatchObject([
      { kind: 'generator-limited', confidence: 'medium' },
    ])
    expect(of({ trials: [full, trial(), trial(), trial()] })).toEqual([])
  })
})
