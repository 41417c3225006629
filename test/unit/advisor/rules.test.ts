import { describe, expect, it } from 'vitest'
import { fitTo } from '../../../src/advisor/caps.js'
import { applyRules, type RuleContext } from '../../../src/advisor/rules/index.js'
import { connectionsReasons } from '../../../src/advisor/rules/loop-room.js'
import { traitsOf } from '../../../src/advisor/rules/server-traits.js'
import { serverNames } from '../../../src/config/server-names.js'
import { SERVE_DEFAULTS } from '../../../src/config/serve-defaults.js'
import { findingSchema, type Candidate, type RouteWorkload } from '../../../src/result/analysis.js'
import { configurationKey, type Configuration } from '../../../src/result/configuration.js'
import type { ServerName } from '../../../src/result/server.js'
import { workload } from '../../helpers/arbitraries.js'
import { async, effect, sync, threaded } from '../../helpers/documents.js'
import { fakeMachine } from '../../helpers/fakes.js'

const served = serverNames(SERVE_DEFAULTS)

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
  memoryBudget: { bytes: 4.8e9, text: '4578 MiB (80 % of the 5722 MiB that are free)', isAsked: false },
  recommended: { workerClass: 'async', workers: 2, threads: 1, workerConnections: 1000 },
  server: traitsOf('bundled', served),
  action: 'change',
  candidates: [],
  expectedRps: 1000,
  cpuUse: null,
  targetRps: null,
  openLoad: false,
  measure: 'throughput',
  observed: {
    throttledShare: null,
    listenDrops: 0,
    slowestUs: 90_000,
    leak: null,
    reopened: null,
    failing: null,
    falling: null,
    slots: [],
  },
  heapLimitBytes: null,
  kneeSeen: null,
  background: null,
  ...overrides,
})
const levels = (overrides: Partial<RuleContext>) =>
  Object.fromEntries(applyRules(context(overrides)).map(({ id, level }) => [id, level]))
const finding = (id: string, overrides: Partial<RuleContext>) =>
  applyRules(context(overrides)).find((one) => one.id === id)

/** Measured against the recommended one. */
const rival = (
  configuration: Configuration,
  outcome: Candidate['outcome'],
  ratio: number,
  rest: Partial<Candidate> = {},
): Candidate => ({
  ...{ key: configurationKey(configuration), configuration, proposedBy: [], connections: 64, control: false },
  throughputRps: { value: 1000 * ratio, low: null, high: null },
  latencyUs: { p50: null, p95: null, p99: null },
  ...{ pssBytes: null, effect: effect(ratio), outcome, note: '' },
  ...rest,
})

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
    expect(advice('TUNE-RULE-MEM')).toMatch(/79 workers of 48 MiB/)
    expect(advice('TUNE-RULE-DEFAULT')).toContain('measured as cpu')
    const guessed = { ...context().memory, perThreadEvidence: 'rule of thumb' as const }
    expect(finding('TUNE-RULE-MEM', { memory: guessed })?.observed).toContain('by rule of thumb')
    const measured = { ...guessed, perThreadEvidence: 'measured' as const }
    expect(finding('TUNE-RULE-MEM', { memory: measured })?.observed).not.toContain('rule of thumb')
    expect(advice('TUNE-RULE-WC')).toMatch(/assumes W\/C 1.5, measured 0:/)
    const leak = { target: 'sync-2', bytesPerRequest: 9000, requests: 5000 }
    expect(finding('TUNE-RULE-MEM', { observed: { ...observed, leak } })?.advice).toMatch(
      /^Does not fire: .* before their leak fills it/,
    )
  })

  describe('a rule of the decision table that fires', () => {
    const io = (recommended: Configuration, ...candidates: Candidate[]) => {
      const { level, advice } = finding('TUNE-RULE-IO', { recommended, candidates }) ?? {}
      return [level, advice]
    }

    it('is contradicted by what measured better, with the figure', () => {
      expect(io(sync(9), rival(async(2), 'worse', 0.8), rival(threaded(2, 2), 'equivalent', 1))).toEqual([
        'warn',
        'Fires, but 2 async workers measured -20 % (-21 % to -19 %) throughput against 9 sync workers.',
      ])
      expect(io(async(2), rival(sync(9), 'better', 1.2))[0]).toBe('warn')
    })

    it('is not contradicted by what was kept as equal, nor by a better one that is not needed', () => {
      expect(io(sync(9), rival(async(2), 'equivalent', 1.01))).toEqual([
        'info',
        'Fires, but 2 async workers measured as equal to 9 sync workers: +1.0 % (-0.5 % to +2.5 %) throughput.',
      ])
      expect(io(sync(9), rival(async(2), 'better', 2))).toEqual([
        'ok',
        'Fires; 2 async workers measured +100 % (+97 % to +103 %) throughput against 9 sync workers, but the answer is enough, or costs less.',
      ])
    })

    it('tells threads from event loops', () => {
      expect(io(threaded(2, 8), rival(async(2), 'worse', 0.7))[0]).toBe('warn')
      expect(io(async(2), rival(threaded(2, 8), 'worse', 0.7))).toEqual([
        'ok',
        expect.stringContaining('the answer keeps to it: 2 threaded workers × 8 threads measured -30 %'),
      ])
    })

    it('takes the best of those that keep to it, and who was dropped early as worse', () => {
      const dropped = { undecided: 'dropped-early' } as const
      const both = [rival(async(1), 'worse', 0.4), rival(async(2), 'inconclusive', 0.5, dropped)]
      expect(io(sync(9), ...both)).toEqual([
        'warn',
        expect.stringContaining('2 async workers measured -50 %'),
      ])
    })

    it('is undecided where nothing else was measured, or the run could not tell', () => {
      expect(io(sync(9))).toEqual(['info', 'Fires, but nothing that keeps to it was measured.'])
      expect(io(sync(9), rival(async(2), 'inconclusive', 1.1))[1]).toContain('could not tell')
      expect(io(async(2))[0]).toBe('ok')
      const undecided = finding('TUNE-RULE-IO', { recommended: sync(9), action: 'inconclusive' })
      expect(undecided?.advice).toContain('async is the place to start')
    })

    it('says of what was measured and does not fit that memory is the reason', () => {
      const large = rival(async(2), 'too-large', 1.2)
      const memory = 'what follows the rule takes more memory than may be used'
      expect(io(sync(9), large)).toEqual(['info', `Fires, but ${memory}.`])
      expect(io(async(2), rival(sync(9), 'too-large', 1.2))).toEqual([
        'ok',
        'Fires, and the answer keeps to it: what is on the other side takes more memory than may be used.',
      ])
      // Of what fits there are figures.
      expect(io(sync(9), large, rival(async(1), 'worse', 0.7))[1]).toContain('1 async worker measured -30 %')
      // One that is too large may have kept the objective or not: it has no effect either way.
      const missed = rival(async(1), 'worse', 0, { effect: null })
      expect(io(sync(9), missed)).toEqual([
        'warn',
        'Fires, but what follows the rule does not keep the objective.',
      ])
      expect(io(sync(9), { ...large, effect: null })).toEqual(['info', `Fires, but ${memory}.`])
      expect(io(sync(9), large, missed)).toEqual([
        'warn',
        'Fires, but what follows the rule does not keep the objective, or takes more memory than may be used.',
      ])
    })

    it('counts the threads that compute, which those of Python do not do at the same time', () => {
      const cpu = workload({ class: 'cpu' })
      const candidates = [rival(sync(2), 'worse', 0.9)]
      const recommended = threaded(2, 2)
      expect(finding('TUNE-RULE-CPU', { workload: cpu, recommended, candidates })).toMatchObject({
        level: 'warn',
        advice: expect.stringContaining('but 2 sync workers measured -10 %'),
      })
      const python = { server: traitsOf('gunicorn', served), workload: cpu, recommended }
      expect(finding('TUNE-RULE-CPU', { ...python, candidates })?.level).toBe('ok')
    })
  })

  describe('of another server', () => {
    const all = (name: ServerName, overrides: Partial<RuleContext> = {}) =>
      applyRules(context({ server: traitsOf(name, served), ...overrides }))
    const spoiled: Partial<RuleContext> = {
      workload: workload({ class: 'cpu', routes: [route('list', 2), route('report', 40)] }),
      machine: fakeMachine({ somaxconn: 128 }),
      memory: { ...context().memory, maxWorkers: 1 },
      observed: {
        ...context().observed,
        ...{ listenDrops: 3, slowestUs: 20e6 },
        leak: { target: 'sync-2', bytesPerRequest: 9000, requests: 5000 },
        failing: { connections: 16, configuration: async(2), share: 0.9, how: ['503'] },
      },
    }
    const text = (name: ServerName, overrides = spoiled) => JSON.stringify(all(name, overrides))

    it('Gunicorn: its own keep-alive, its flags, and tools of Python', () => {
      const found = text('gunicorn')
      expect(found).toContain('idle connections are kept for 2 s by default')
      expect(found).toMatch(/the default of 30 s after which a silent worker is replaced.*Raise --timeout/)
      expect(found).toContain('the default backlog of 2048')
      expect(found).toContain('py-spy')
      expect(found).toContain('--max-requests ')
      expect(found).not.toMatch(/[Nn]ode\b|request-timeout|libuv|UV_THREADPOOL|V8/)
      const pool = { workload: workload({ class: 'offloop-cpu', limitedBy: 'thread-pool' }) }
      expect(text('gunicorn', pool)).not.toMatch(/libuv|UV_THREADPOOL/)
    })

    it.each(['pm2', 'node-cluster'] as const)("%s: Node's defaults, and none of our flags", (name) => {
      const found = text(name)
      expect(found).toContain('idle connections are kept for 5 s by default')
      expect(found).toContain('keepAliveTimeout')
      expect(found).toContain('the default backlog of 511')
      expect(found).toContain('node --cpu-prof')
      expect(found).not.toMatch(/TUNE-TIME-SLOWEST|TUNE-CONN-LOOP|TUNE-LIMIT-FILES/)
      expect(found).not.toMatch(
        /--(keep-alive|timeout|backlog|max-requests|worker-connections|request-timeout)/,
      )
    })

    it('any command: nothing that is not known of it', () => {
      const found = text('command')
      expect(found).not.toMatch(/TUNE-CONN-KEEPALIVE|TUNE-TIME-SLOWEST|TUNE-LIMIT-BACKLOG|TUNE-CONN-LOOP/)
      expect(found).not.toMatch(/[Nn]ode\b|py-spy|libuv/)
      expect(found).not.toMatch(
        /--(keep-alive|timeout|backlog|max-requests|worker-connections|request-timeout)/,
      )
    })
  })

  it('judges the settings that the app would be served with', () => {
    const of = (settings: Partial<typeof served>) => ({
      server: traitsOf('bundled', { ...served, ...settings }),
    })
    expect(finding('TUNE-CONN-KEEPALIVE', of({}))?.advice).toContain('raise --keep-alive above it')
    const long = finding('TUNE-CONN-KEEPALIVE', of({ keepAliveSeconds: 75 }))
    expect(long?.observed).toBe('idle connections are kept for 75 s')
    expect(long?.advice).toMatch(/^Longer than the 60 s that are common/)
    const slow = { observed: { ...context().observed, slowestUs: 20e6 } }
    expect(finding('TUNE-TIME-SLOWEST', { ...slow, ...of({ timeoutSeconds: 120 }) })).toMatchObject({
      ...{ level: 'ok', rule: expect.stringContaining('the 120 s after') },
    })
    expect(finding('TUNE-TIME-SLOWEST', { ...slow, ...of({ timeoutSeconds: 0 }) })).toBeUndefined()
    expect(
      finding('TUNE-TIME-SLOWEST', { ...slow, ...of({ timeoutSeconds: 120, requestTimeoutSeconds: 25 }) }),
    ).toMatchObject({ level: 'warn', advice: expect.stringMatching(/^Raise --request-timeout /) })
    expect(finding('TUNE-LIMIT-BACKLOG', of({ backlog: 8192 }))).toMatchObject({
      ...{ level: 'warn', advice: expect.stringContaining('net.core.somaxconn to 8192') },
    })
  })

  it('says what workers do while nobody asks them, of all that are recommended', () => {
    const id = 'TUNE-APP-BACKGROUND'
    expect(finding(id, {})).toBeUndefined()
    const background = { cores: 0.21, loopShare: 0.2 }
    expect(finding(id, { background, recommended: async(5) })).toMatchObject({
      level: 'warn',
      observed:
        'one idle worker uses 0.21 cores and 20 % of its event loop; 5 async workers use 1.1 of 2 CPUs',
    })
    const little = { cores: 0.03, loopShare: null }
    expect(finding(id, { background: little, recommended: async(2) })).toMatchObject({
      level: 'info',
      observed: 'one idle worker uses 0.03 cores; 2 async workers use 0.06 of 2 CPUs',
    })
    // Threads of Gunicorn are of one process.
    const python = traitsOf('gunicorn', served)
    expect(finding(id, { background: little, recommended: threaded(2, 8), server: python })).toMatchObject({
      observed: expect.stringContaining('use 0.06 of 2 CPUs'),
    })
  })

  describe('TUNE-NEXT', () => {
    const computing = workload({
      class: 'cpu',
      cpuMsPerRequest: 10,
      loopMsPerRequest: 10,
      waitMsPerRequest: 0,
      kneeConcurrency: 2,
    })
    const next = (overrides: Partial<RuleContext>) =>
      finding('TUNE-NEXT', { workload: computing, ...overrides })

    it('is about the limit of the answer: a loop for each core leaves nothing but CPU', () => {
      const found = next({ recommended: async(2) })
      expect(found?.observed).toContain('limited by cpu (one worker alone by event-loop)')
      expect(found?.limitedBy).toBe('cpu')
      expect(next({ recommended: async(1) })?.limitedBy).toBe('event-loop')
      expect(found?.advice).toMatch(/^CPU runs out/)
      expect(next({ recommended: async(1) })?.advice).toContain('add a worker while cores are free')
      expect(next({ recommended: threaded(1, 2) })?.advice).toMatch(/^CPU runs out/)
      // Two that take one request at a time do not fill two cores where requests also wait.
      const waits = { ...computing, class: 'mixed' as const, waitMsPerRequest: 20, kneeConcurrency: 6 }
      expect(next({ workload: waits, recommended: sync(2) })?.limitedBy).toBe('event-loop')
      expect(next({ workload: waits, recommended: sync(5) })?.limitedBy).toBe('cpu')
      const python = { server: traitsOf('gunicorn', served), recommended: threaded(1, 2) }
      expect(next(python)?.advice).toContain('add a worker while cores are free')
      // Not where that was tried, and brought nothing.
      const tried = (outcome: Candidate['outcome'], ratio: number) =>
        next({ recommended: async(1), candidates: [rival(async(5), outcome, ratio)] })?.advice
      expect(tried('worse', 0.9)).toMatch(/\. More workers were tried and were worse \(async-5x1000\)\.$/)
      expect(tried('equivalent', 1.01)).toContain('gain nothing (async-5x1000)')
      expect(tried('better', 1.5)).toContain('add a worker while cores are free')
      // Threads are no more workers, and another class says nothing of this one.
      for (const other of [threaded(1, 8), sync(9)]) {
        const advice = next({ recommended: async(1), candidates: [rival(other, 'worse', 0.9)] })?.advice
        expect(advice).toContain('add a worker while cores are free')
      }
    })

    it('believes what was measured: cores that are full are the limit, whatever one worker ran out of', () => {
      const waiting = workload({ limitedBy: 'nothing' })
      expect(next({ workload: waiting, cpuUse: 0.96 })).toMatchObject({
        observed: expect.stringContaining('96 % of the CPUs in use'),
        advice: expect.stringMatching(/^CPU runs out/),
      })
      expect(next({ workload: waiting, cpuUse: 0.6 })?.advice).toMatch(/^Nothing ran out/)
      // Beside a generator cores are never all the server's; whoever has seen nothing else run out takes them for it.
      expect(next({ workload: waiting, cpuUse: 0.8 })?.limitedBy).toBe('cpu')
      const behind = workload({ limitedBy: 'downstream', class: 'downstream' })
      expect(next({ workload: behind, cpuUse: 0.8 })?.limitedBy).toBe('downstream')
    })

    it('does not take a loop that is held by waiting for one that computes', () => {
      const blocking = workload({ class: 'blocking-io', cpuMsPerRequest: 1, loopMsPerRequest: 20 })
      expect(next({ workload: blocking, recommended: sync(9), cpuUse: 0.2 })?.advice).toMatch(
        /^The event loop runs out/,
      )
    })

    it('asks for no more pool threads where they are as many as the cores', () => {
      const pool = workload({ class: 'offloop-cpu', limitedBy: 'thread-pool' })
      expect(next({ workload: pool })?.advice).toMatch(/^CPU runs out/)
      const machine = fakeMachine({ effectiveCpus: 16 })
      expect(next({ workload: pool, machine })?.advice).toContain('raise UV_THREADPOOL_SIZE')
    })

    it('says that the configuration is not the limit only where the run decided so', () => {
      expect(next({ action: 'keep' })?.title).toContain('the configuration is not the limit')
      expect(next({ action: 'inconclusive' })?.title).toBe(
        'Where to look, while the configuration is undecided',
      )
    })
  })

  it('warns of limits: memory, descriptors, backlog, worker connections', () => {
    const memory = { ...context().memory, maxWorkers: 1 }
    const memoryBudget = { isAsked: false, bytes: 101e6, text: '96 MiB (80 % of the 120 MiB that are free)' }
    expect(levels({ memory, memoryBudget })).toMatchObject({
      'TUNE-RULE-MEM': 'warn',
      'TUNE-LIMIT-MEM': 'warn',
    })
    const machine = fakeMachine({ openFilesLimit: 1024, somaxconn: 128 })
    expect(levels({ machine })).toMatchObject({ 'TUNE-LIMIT-FILES': 'warn', 'TUNE-LIMIT-BACKLOG': 'warn' })
    const recommended = { ...context().recommended, workerConnections: 50 }
    expect(levels({ recommended })).toMatchObject({ 'TUNE-CONN-LOOP': 'warn' })
  })

  it('warns of an answer that the open files have capped, with what the usual connections take', () => {
    const of = (configuration: Partial<Configuration>, openFilesLimit = 256) =>
      finding('TUNE-LIMIT-FILES', {
        machine: fakeMachine({ openFilesLimit }),
        recommended: { ...context().recommended, ...configuration },
      })
    const { configuration } = fitTo(
      { configuration: async(2), because: 'a test' },
      { memory: context().memory, memoryBudgetBytes: 4e9, openFilesLimit: 256 },
    )
    expect(of(configuration)).toMatchObject({
      level: 'warn',
      advice: expect.stringMatching(/^The limit is why .* 192 worker connections .* ulimit -n 1064 /),
    })
    expect(of({ threads: 2, workerConnections: 96 })?.advice).toContain('ulimit -n 2064 ')
    // As many as somebody wanted.
    expect(of({ workerConnections: 100 })).toMatchObject({ level: 'ok', advice: 'Enough.' })
    expect(of(configuration, 1024)?.level).toBe('ok')
    expect(of({ workerClass: 'sync' })?.level).toBe('ok')
  })

  it('says who would be angry at too much memory: the kernel, or whoever gave --max-memory', () => {
    // The limit of the machine may be what was asked for, and yet less is free.
    const machine = fakeMachine({ memoryLimitSource: '--max-memory' })
    const of = (isAsked: boolean, bytes: number) =>
      finding('TUNE-LIMIT-MEM', { machine, memoryBudget: { bytes, text: '96 MiB', isAsked } })?.advice
    for (const bytes of [101e6, 99e6]) {
      expect(of(true, bytes)).toContain('more than --max-memory allows')
      expect(of(true, bytes)).not.toContain('kernel')
      expect(of(false, bytes)).toContain('the kernel')
      expect(of(false, bytes)).not.toContain('--max-memory')
    }
  })

  it('advises no more worker connections than a probe can vouch for, or the open files allow', () => {
    const waits = {
      class: 'async-io',
      cpuMsPerRequest: 0.1,
      loopMsPerRequest: 0.1,
      waitMsPerRequest: 500,
    } as const
    const of = (confidence: 'high' | 'low', openFilesLimit: number) =>
      finding('TUNE-CONN-LOOP', {
        workload: workload({ ...waits, confidence }),
        machine: fakeMachine({ openFilesLimit }),
      })
    expect(of('high', 65_536)).toMatchObject({
      ...{ level: 'warn', observed: '1000 a loop; 5001 requests under way fill one' },
      advice: 'Raise --worker-connections to 10002.',
    })
    expect(of('high', 4096)?.advice).toMatch(
      /to 4032, all that the limit of 4096 open files .* 10002 take ulimit -n 10066\.$/,
    )
    const queued = { workload: workload({ ...waits, downstreamConcurrency: 10 }) }
    expect(finding('TUNE-CONN-LOOP', queued)?.observed).toBe('1000 a loop; 10 requests under way fill one')
    const behindPool = { workload: workload({ ...waits, downstreamConcurrency: 4, poolThreads: 4 }) }
    expect(finding('TUNE-CONN-LOOP', { ...behindPool, recommended: async(1) })?.observed).toContain('; 4 ')
    expect(
      finding('TUNE-CONN-LOOP', { ...behindPool, recommended: { ...async(1), threadPool: 72 } })?.observed,
    ).toContain('; 72 requests under way fill one')
    const cheap = workload({
      class: 'async-io',
      cpuMsPerRequest: 1,
      loopMsPerRequest: 1,
      waitMsPerRequest: 9,
    })
    expect(finding('TUNE-CONN-LOOP', { workload: cheap, kneeSeen: 400 })?.observed).toBe(
      `1000 a loop; ${400 / context().recommended.workers} requests under way fill one`,
    )
    expect(of('low', 65_536)).toMatchObject({
      level: 'info',
      advice: expect.stringContaining('low confidence'),
    })
  })

  it('asks for no more worker connections than a target rate keeps under way', () => {
    const waits = {
      class: 'async-io',
      cpuMsPerRequest: 0.1,
      loopMsPerRequest: 0.1,
      waitMsPerRequest: 500,
      residenceMsPerRequest: 501,
    } as const
    const of = (targetRps: number) =>
      finding('TUNE-CONN-LOOP', { workload: workload(waits), targetRps: 0.8 * targetRps })
    expect(of(200)).toMatchObject({
      level: 'ok',
      observed: '1000 a loop; 51 requests under way in each at the target rate',
    })
    expect(of(50_000)?.level).toBe('warn')
  })

  it('gives the same requests to fill a loop as a finding and as a reason, what the sweep saw included', () => {
    const cheap = workload({
      class: 'async-io',
      cpuMsPerRequest: 1,
      loopMsPerRequest: 1,
      waitMsPerRequest: 3,
    })
    const recommended = { ...async(2), workerConnections: 30 }
    const both = (overrides: Partial<RuleContext>) => {
      const given = { workload: cheap, recommended, ...overrides }
      const { observed, advice } = finding('TUNE-CONN-LOOP', given) ?? {}
      return [observed, advice, ...connectionsReasons(context(given))]
    }
    expect(both({})).toEqual([
      '30 a loop; 4 requests under way fill one',
      expect.stringContaining('Not the limit.'),
      '30 worker connections a loop are not the limit: it takes 4 under way to fill one.',
    ])
    expect(both({ kneeSeen: 32 })).toEqual([
      '30 a loop; 16 requests under way fill one',
      'Raise --worker-connections to 32.',
      '30 worker connections a loop may be too few: it takes 16 under way to fill one (measured).',
    ])
    // By open load the rate was carried as it is, else there is a reserve.
    const target = { workload: { ...cheap, residenceMsPerRequest: 4 }, targetRps: 1000 }
    expect(both(target)[2]).toContain('the target rate keeps 3 under way')
    expect(both({ ...target, openLoad: true })[2]).toContain('the target rate keeps 2 under way')
    const configuration = recommended
    const falling = {
      configuration,
      ...{ best: { connections: 20, throughputRps: 100 }, last: { connections: 200, throughputRps: 50 } },
    }
    expect(both({ observed: { ...context().observed, falling } })).toEqual([undefined, undefined])
    expect(both({ server: traitsOf('command', served) })).toEqual([undefined, undefined])
  })

  it('the default rule fires only where neither the nature nor what is best is known', () => {
    const unknown = workload({ class: 'async-io', confidence: 'low' })
    const advice = (id: string, action: 'keep' | 'inconclusive') =>
      finding(id, { workload: unknown, action })?.advice
    expect(advice('TUNE-RULE-DEFAULT', 'inconclusive')).toMatch(/^Fires until/)
    expect(advice('TUNE-RULE-IO', 'inconclusive')).toMatch(/^Would fire/)
    expect(advice('TUNE-RULE-DEFAULT', 'keep')).toMatch(/^Does not fire: what the app is has low confidence/)
  })

  it('says which memory was counted on, and where not even one worker fits', () => {
    const of = (bytes: number) =>
      applyRules(context({ memoryBudget: { bytes, text: '96 MiB (--max-memory)', isAsked: true } })).find(
        ({ id }) => id === 'TUNE-LIMIT-MEM',
      )
    expect(of(101e6)?.observed).toBe(
      '96 MiB (--max-memory) hold 1 of them, at 48 MiB each with 20 % to grow, beside 38 MiB for the server itself',
    )
    expect(of(99e6)).toMatchObject({
      observed: expect.stringContaining('hold none of them'),
      advice: expect.stringContaining('Not even one fits'),
    })
    // 40 MB for the arbiter, and five workers of 60.
    expect(of(340e6)).toBeUndefined()
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
      { observed: { ...observed, reopened: { share: 0.97, connects: 990, clients: 20, answers: 1000 } } },
    ],
    [
      'TUNE-CONN-REOPENED',
      'ok',
      { observed: { ...observed, reopened: { share: 0, connects: 64, clients: 64, answers: 1000 } } },
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
    ['TUNE-APP-POOL', 'info', { workload: workload({ class: 'offloop-cpu' }) }],
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

  it('says what became of the answer by what is to be done, where something behind is the limit', () => {
    const limited = { workload: workload({ class: 'downstream', downstreamConcurrency: 10 }) }
    const advice = (action: RuleContext['action']) =>
      finding('TUNE-APP-DOWNSTREAM', { ...limited, action })?.advice
    expect(advice('change')).toContain('As it is now, 2 async workers were chosen.')
    expect(advice('keep')).toContain('As it is now, 2 async workers stay.')
    expect(advice('inconclusive')).toContain('As it is now, 2 async workers stay while nothing is decided.')
  })

  it('knows only that CPU is spent outside of the event loop, not in whose threads', () => {
    const found = finding('TUNE-APP-POOL', { workload: workload({ class: 'offloop-cpu' }) })
    expect(found).toMatchObject({
      evidence: 'modelled',
      title: expect.stringContaining('or in other threads'),
    })
    const next = finding('TUNE-NEXT', {
      workload: workload({ class: 'offloop-cpu', limitedBy: 'thread-pool' }),
      machine: fakeMachine({ effectiveCpus: 16 }),
    })
    expect(next?.advice).toContain('worker threads of its own')
  })

  it('calls requests alike only where they cost alike', () => {
    const title = (...routes: RouteWorkload[]) =>
      finding('TUNE-APP-ROUTES', { workload: workload({ routes }) })?.title
    expect(title(route('a', 2), route('b', 4))).toMatch(/alike in nature and cost/)
    expect(title(route('a', 0.085), route('b', 20))).toMatch(/one nature, but differ in what they cost/)
    expect(title(route('a', 2), { ...route('b', 2), class: 'mixed' })).toMatch(/differ in nature/)
  })

  it('does not contradict itself on connections that are closed', () => {
    const reopened = (share: number) => ({
      observed: { ...observed, reopened: { share, connects: 990, clients: 20, answers: 1000 } },
    })
    const answer = { recommended: { ...context().recommended, workerClass: 'sync' as const } }
    expect(finding('TUNE-CONN-REOPENED', { ...reopened(0), ...answer })).toBeUndefined()
    const closing = finding('TUNE-CONN-KEEPALIVE', reopened(0.97))
    expect(closing?.observed).toContain('the app closes')
    expect(closing?.advice).not.toContain('give')
    expect(finding('TUNE-CONN-KEEPALIVE', reopened(0.1))?.observed).toContain('idle connections are kept')
  })

  it('warns where throughput falls with more connections, and says how many to let in', () => {
    const falling = {
      configuration: context().recommended,
      best: { connections: 9, throughputRps: 400 },
      last: { connections: 128, throughputRps: 100 },
    }
    const overrides = { observed: { ...observed, falling } }
    expect(levels(overrides)).toMatchObject({ 'TUNE-CONN-FALLS': 'warn' })
    expect(levels(overrides)).not.toHaveProperty('TUNE-CONN-LOOP')
    const advice = finding('TUNE-CONN-FALLS', overrides)?.advice
    expect(advice).toContain('75 % less with 128')
    expect(advice).toContain('--worker-connections 5 for each of 2 event loops, behind a balancer')
    const sync = { ...context().recommended, workerClass: 'sync' as const }
    expect(finding('TUNE-CONN-FALLS', { ...overrides, recommended: sync })?.advice).toContain(
      'no more than 9 requests at a time',
    )
  })

  it('calls less than one request at a time no pool', () => {
    const of = (downstreamConcurrency: number) => ({
      workload: workload({ class: 'downstream', limitedBy: 'downstream', downstreamConcurrency }),
    })
    expect(finding('TUNE-APP-DOWNSTREAM', of(0.25))?.title).toBe('Requests slow each other down')
    expect(finding('TUNE-APP-DOWNSTREAM', of(0.25))?.advice).not.toContain('pool')
    expect(finding('TUNE-NEXT', of(0.25))?.advice).not.toContain('pool')
    expect(finding('TUNE-APP-DOWNSTREAM', of(1))?.observed).toContain(
      'about 1 request of one worker proceeds',
    )
  })

  it('sizes the recycling of a leak by the memory budget, threads included', () => {
    const leak = { target: 'threaded-2x3', bytesPerRequest: 10_000, requests: 5000 }
    const recommended = { workerClass: 'threaded', workers: 2, threads: 3, workerConnections: 1000 } as const
    // (600e6 - 40e6) / 2 - (50e6 + 2 * 16e6) = 198e6 bytes each, half of it at 10 kB a request.
    const memoryBudget = { isAsked: false, bytes: 600e6, text: '572 MiB (--max-memory)' }
    const found = finding('TUNE-APP-LEAK', { observed: { ...observed, leak }, recommended, memoryBudget })
    expect(found?.advice).toContain('--max-requests 9900 ')
    // Two workers, each until the last request that it may have.
    expect(found?.recycle).toEqual({
      maxRequests: 9900,
      maxRequestsJitter: 990,
      growthBytes: 2 * 10_890 * 10_000,
    })

    const full = finding('TUNE-APP-LEAK', {
      ...{ observed: { ...observed, leak }, recommended },
      memoryBudget: { bytes: 100e6, text: '95 MiB', isAsked: false },
    })
    expect(full?.advice).toContain('no room to grow')
    expect(full).not.toHaveProperty('recycle')

    const set = (maxRequests: number, maxRequestsJitter: number) => {
      const server = traitsOf('bundled', { ...served, maxRequests, maxRequestsJitter })
      return finding('TUNE-APP-LEAK', { observed: { ...observed, leak }, recommended, memoryBudget, server })
    }
    // Flags come before the config file: those of a finding must not make workers wait.
    expect(set(500, 50)?.recycle).toMatchObject({
      maxRequests: 500,
      maxRequestsJitter: 50,
      growthBytes: 11e6,
    })
    expect(set(500, 50)?.advice).toContain(
      'What is set, --max-requests 500 --max-requests-jitter 50, replaces',
    )
    expect(set(500, 20_000)?.recycle).toEqual(found?.recycle)
    expect(set(20_000, 0)?.recycle).toEqual(found?.recycle)
  })

  it('says how many machines a target takes, and how to size heap and pool', () => {
    const advice = (id: string, overrides: Partial<RuleContext>) =>
      applyRules(context(overrides)).find((one) => one.id === id)?.advice
    expect(advice('TUNE-LIMIT-RATE', { targetRps: 2500 })).toContain('about 4 machines')
    expect(advice('TUNE-LIMIT-RATE', { targetRps: 2500 })).not.toContain('not surely')
    const faster = rival(sync(5), 'inconclusive', 4, {
      throughputRps: { value: 4000, low: 2900, high: 5100 },
    })
    expect(advice('TUNE-LIMIT-RATE', { targetRps: 2500, candidates: [faster] })).toContain('not surely')
    const small = fakeMachine({ memoryLimitBytes: 512 * 2 ** 20 })
    expect(advice('TUNE-LIMIT-HEAP', { heapLimitBytes: 4e9, machine: small })).toContain(
      '--max-old-space-size=192',
    )
    const memory = { ...context().memory, perWorkerBytes: 400e6, helperBytes: 350e6 }
    expect(advice('TUNE-LIMIT-HEAP', { heapLimitBytes: 4e9, machine: small, memory })).toContain(
      '--max-old-space-size=192',
    )
    const tiny = fakeMachine({ memoryLimitBytes: 80 * 2 ** 20 })
    const crowded = {
      heapLimitBytes: 4e9,
      machine: tiny,
      memory: { ...context().memory, perWorkerBytes: 20e6 },
    }
    expect(advice('TUNE-LIMIT-HEAP', crowded)).toMatch(/^Less than 64 MiB leaves V8 hardly room/)
    const wide = { workload: workload({ class: 'offloop-cpu' }), machine: fakeMachine({ effectiveCpus: 16 }) }
    expect(advice('TUNE-APP-POOL', wide)).toContain('UV_THREADPOOL_SIZE=8')
  })
})
