import { describe, expect, it } from 'vitest'
import { applyRules, type RuleContext } from '../../../src/advisor/rules/index.js'
import { findingSchema, type RouteWorkload } from '../../../src/result/analysis.js'
import { workload } from '../../helpers/arbitraries.js'
import { fakeMachine } from '../../helpers/fakes.js'

const context = (overrides: Partial<RuleContext> = {}): RuleContext => ({
  workload: workload({}),
  machine: fakeMachine(),
  memory: {
    arbiterBytes: 40e6,
    perWorkerBytes: 50e6,
    perThreadBytes: 16e6,
    maxWorkers: 20,
    evidence: 'measured',
  },
  recommended: { workerClass: 'async', workers: 2, threads: 1, workerConnections: 1000 },
  action: 'change',
  expectedRps: 1000,
  targetRps: null,
  openLoad: false,
  backlog: 2048,
  observed: {
    throttledShare: null,
    listenDrops: 0,
    slowestUs: 90_000,
    leak: null,
    reopened: null,
    failing: null,
    slots: [],
  },
  heapLimitBytes: null,
  ...overrides,
})
const levels = (overrides: Partial<RuleContext>) =>
  Object.fromEntries(applyRules(context(overrides)).map(({ id, level }) => [id, level]))

const route = (name: string, cpuMs: number): RouteWorkload => ({
  ...{ name, share: 0.5, class: 'cpu', confidence: 'medium', note: '' },
  ...{ cpuMsPerRequest: cpuMs, loopMsPerRequest: cpuMs, waitMsPerRequest: 0, residenceMsPerRequest: cpuMs },
  cpuPart: 0.5,
})

describe('applyRules', () => {
  it('shows the whole decision table, and which rule fires', () => {
    expect(levels({})).toEqual({
      'TUNE-RULE-IO': 'ok',
      'TUNE-RULE-CPU': 'info',
      'TUNE-RULE-MEM': 'info',
      'TUNE-RULE-DEFAULT': 'info',
      'TUNE-LIMIT-FILES': 'ok',
      'TUNE-LIMIT-BACKLOG': 'ok',
      'TUNE-RULE-WC': 'info',
      'TUNE-CONN-LOOP': 'ok',
      'TUNE-CONN-KEEPALIVE': 'info',
      'TUNE-TIME-SLOWEST': 'ok',
      'TUNE-NEXT': 'info',
    })
    expect(levels({ workload: workload({ class: 'cpu' }) })).toMatchObject({
      'TUNE-RULE-IO': 'info',
      'TUNE-RULE-CPU': 'ok',
    })
    for (const finding of applyRules(context())) expect(findingSchema.safeParse(finding).success).toBe(true)
  })

  it('counts a mixed app as I/O where the heuristic does: while its loop is mostly free', () => {
    const mixed = (loopShare: number) => workload({ class: 'mixed', loopShare, cpuShare: loopShare })
    expect(levels({ workload: mixed(0.3) })).toMatchObject({ 'TUNE-RULE-IO': 'ok', 'TUNE-RULE-CPU': 'info' })
    expect(levels({ workload: mixed(0.6) })).toMatchObject({ 'TUNE-RULE-IO': 'info' })
  })

  it('shows the measured value of a rule that does not fire', () => {
    const found = applyRules(
      context({ workload: workload({ class: 'cpu', cpuShare: 1, loopShare: 1, waitMsPerRequest: 0 }) }),
    )
    const advice = (id: string) => found.find((one) => one.id === id)?.advice
    expect(advice('TUNE-RULE-IO')).toContain('waits 0 % of its time')
    expect(advice('TUNE-RULE-MEM')).toMatch(/20 workers of 48 MiB/)
    expect(advice('TUNE-RULE-DEFAULT')).toContain('measured as cpu')
    expect(advice('TUNE-RULE-WC')).toMatch(/assumes W\/C 1.5, measured 0:/)
  })

  it('warns where the measurement disagrees with a rule that fires', () => {
    const sync = { workerClass: 'sync', workers: 9, threads: 1, workerConnections: 1000 } as const
    expect(levels({ recommended: sync })).toMatchObject({ 'TUNE-RULE-IO': 'warn' })
    expect(levels({ recommended: sync, workload: workload({ class: 'cpu' }) })).toMatchObject({
      'TUNE-RULE-CPU': 'warn',
    })
  })

  it('warns of limits: memory, descriptors, backlog, worker connections', () => {
    const memory = { ...context().memory, maxWorkers: 1 }
    expect(levels({ memory })).toMatchObject({ 'TUNE-RULE-MEM': 'warn', 'TUNE-LIMIT-MEM': 'warn' })
    const machine = fakeMachine({ openFilesLimit: 1024, somaxconn: 128 })
    expect(levels({ machine })).toMatchObject({ 'TUNE-LIMIT-FILES': 'warn', 'TUNE-LIMIT-BACKLOG': 'warn' })
    const recommended = { ...context().recommended, workerConnections: 50 }
    expect(levels({ recommended })).toMatchObject({ 'TUNE-CONN-LOOP': 'warn' })
  })

  it('is silent about limits that the machine does not tell', () => {
    const ids = Object.keys(levels({ machine: fakeMachine({ openFilesLimit: null, somaxconn: null }) }))
    expect(ids).not.toContain('TUNE-LIMIT-FILES')
    expect(ids).not.toContain('TUNE-LIMIT-BACKLOG')
  })

  const observed = context().observed
  const failing = { connections: 16, configuration: context().recommended, share: 0.9, how: ['503'] }
  const cpu = workload({ class: 'cpu', cpuMsPerRequest: 10, loopMsPerRequest: 10, waitMsPerRequest: 0 })

  it("names 2N+1 from the host's cores as the mistake it would be", () => {
    const facts = [
      { id: 'cpu.logical', label: 'logical cores', value: 64, unit: 'count' as const, source: 'test' },
    ]
    const machine = fakeMachine({ effectiveCpus: 1, facts })
    const found = applyRules(context({ machine })).find(({ id }) => id === 'TUNE-LIMIT-HOST')
    expect(found).toMatchObject({
      level: 'warn',
      rule: expect.stringMatching(/= 3 .* 129 with those of the host/),
    })
    const whole = fakeMachine({ effectiveCpus: 64, facts })
    expect(Object.keys(levels({ machine: whole }))).not.toContain('TUNE-LIMIT-HOST')
  })

  it.each([
    ['TUNE-LIMIT-THROTTLED', 'warn', { observed: { ...observed, throttledShare: 0.4 } }],
    ['TUNE-LIMIT-THROTTLED', 'ok', { observed: { ...observed, throttledShare: 0.01 } }],
    ['TUNE-CONN-DROPS', 'warn', { observed: { ...observed, listenDrops: 3 } }],
    ['TUNE-APP-FAILS', 'warn', { observed: { ...observed, failing } }],
    [
      'TUNE-CONN-REOPENED',
      'warn',
      { observed: { ...observed, reopened: { share: 0.97, connects: 990, answers: 1000 } } },
    ],
    [
      'TUNE-CONN-REOPENED',
      'ok',
      { observed: { ...observed, reopened: { share: 0, connects: 64, answers: 1000 } } },
    ],
    ['TUNE-LIMIT-HEAP', 'warn', { heapLimitBytes: 4e9, machine: fakeMachine({ memoryLimitBytes: 120e6 }) }],
    [
      'TUNE-APP-GC',
      'warn',
      {
        workload: workload({
          constraints: [
            { kind: 'gc-bound', confidence: 'high', value: 0.4, limit: 0.1, observed: 'much', raise: '' },
          ],
        }),
      },
    ],
    ['TUNE-APP-ROUTES', 'warn', { workload: workload({ routes: [route('list', 2), route('report', 40)] }) }],
    ['TUNE-APP-ROUTES', 'info', { workload: workload({ routes: [route('list', 2), route('report', 4)] }) }],
    ['TUNE-TIME-SLOWEST', 'warn', { observed: { ...observed, slowestUs: 20e6 } }],
    ['TUNE-LIMIT-RATE', 'warn', { targetRps: 2500 }],
    ['TUNE-LIMIT-RATE', 'ok', { targetRps: 500 }],
    ['TUNE-LIMIT-HEAP', 'info', { heapLimitBytes: 4e9, machine: fakeMachine({ memoryLimitBytes: 512e6 }) }],
    ['TUNE-LIMIT-HEAP', 'ok', { heapLimitBytes: 1e9, machine: fakeMachine({ memoryLimitBytes: 8e9 }) }],
    ['TUNE-APP-GC', 'warn', { workload: { ...cpu, loopMsPerRequest: 7 } }],
    [
      'TUNE-APP-DOWNSTREAM',
      'warn',
      { workload: workload({ class: 'downstream', downstreamConcurrency: 10 }) },
    ],
    [
      'TUNE-APP-POOL',
      'warn',
      { workload: workload({ class: 'offloop-cpu' }), machine: fakeMachine({ effectiveCpus: 16 }) },
    ],
    ['TUNE-APP-POOL', 'ok', { workload: workload({ class: 'offloop-cpu' }) }],
    [
      'TUNE-APP-LEAK',
      'warn',
      { observed: { ...observed, leak: { target: 'sync-2', bytesPerRequest: 9000, requests: 5000 } } },
    ],
  ] as const)('%s: %s', (id, level, overrides) => {
    const found = applyRules(context(overrides)).find((one) => one.id === id)
    expect(found?.level).toBe(level)
    expect(findingSchema.safeParse(found).success).toBe(true)
  })

  it('says how many machines a target takes, and how to size heap and pool', () => {
    const advice = (id: string, overrides: Partial<RuleContext>) =>
      applyRules(context(overrides)).find((one) => one.id === id)?.advice
    expect(advice('TUNE-LIMIT-RATE', { targetRps: 2500 })).toContain('about 4 machines')
    const small = fakeMachine({ memoryLimitBytes: 512 * 2 ** 20 })
    expect(advice('TUNE-LIMIT-HEAP', { heapLimitBytes: 4e9, machine: small })).toContain(
      '--max-old-space-size=192',
    )
    const wide = { workload: workload({ class: 'offloop-cpu' }), machine: fakeMachine({ effectiveCpus: 16 }) }
    expect(advice('TUNE-APP-POOL', wide)).toContain('UV_THREADPOOL_SIZE=8')
  })
})
