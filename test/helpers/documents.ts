import type { Candidate, Effect, Estimate, Finding, Workload } from '../../src/result/analysis.js'
import { configurationFlags, configurationKey, type Configuration } from '../../src/result/configuration.js'
import type { AnalyzeDocument, BenchDocument, Cell, Noise } from '../../src/result/document.js'
import type { Machine } from '../../src/result/machine.js'
import type { RequestSpec } from '../../src/result/request.js'
import type { Trial, TrialPhase, ValidityReason } from '../../src/result/trial.js'

// Result documents as real runs on 2 CPUs leave them, with every figure fixed.

const MIB = 2 ** 20

export const sync = (workers: number): Configuration => ({
  workerClass: 'sync',
  workers,
  threads: 1,
  workerConnections: 1000,
})
export const threaded = (workers: number, threads: number): Configuration => ({
  workerClass: 'threaded',
  workers,
  threads,
  workerConnections: 1000,
})
export const async = (workers: number): Configuration => ({
  workerClass: 'async',
  workers,
  threads: 1,
  workerConnections: 1000,
})

export const machine: Machine = {
  effectiveCpus: 2,
  effectiveCpusSource: 'sched_getaffinity',
  memoryLimitBytes: 3891 * MIB,
  memoryLimitSource: '/proc/meminfo MemTotal',
  memoryAvailableBytes: 3104 * MIB,
  openFilesLimit: 1_048_576,
  somaxconn: 4096,
  platform: 'linux x64',
  cpuModel: 'AMD EPYC 7R13',
  kernel: '6.1.0-18-amd64',
  nodeVersion: 'v20.20.2',
  facts: [
    { id: 'cpu.logical', label: 'logical cores', value: 2, unit: 'count', source: '/proc/cpuinfo' },
    { id: 'cpu.quota', label: 'CPU quota', value: null, unit: 'cpus', source: '/sys/fs/cgroup/cpu' },
    {
      id: 'memory.total',
      label: 'memory total',
      value: 3891 * MIB,
      unit: 'bytes',
      source: '/proc/meminfo MemTotal',
    },
  ],
  warnings: ['load average 1.8 on 2 CPUs: something else is using this machine'],
}

const request: RequestSpec = { method: 'GET', path: '/feed', headers: {}, body: null }

export const estimate = (value: number, share = 0.02): Estimate => ({
  value,
  low: value * (1 - share),
  high: value * (1 + share),
})

export const effect = (ratio: number, share = 0.015, blocks = 12): Effect => ({
  ratio,
  low: ratio * (1 - share),
  high: ratio * (1 + share),
  blocks,
})

interface TrialOptions {
  phase?: TrialPhase
  block?: number | null
  connections?: number
  rps?: number
  reasons?: ValidityReason[]
  workload?: string | null
}

/** One trial of one second whose account adds up and whose latency obeys Little's law. */
export function trial(id: number, configuration: Configuration, options: TrialOptions = {}): Trial {
  const {
    phase = 'race',
    block = null,
    connections = 64,
    rps = 1000,
    reasons = [],
    workload = null,
  } = options
  const meanUs = (connections / rps) * 1e6
  const key = configurationKey(configuration)
  return {
    id,
    phase,
    block,
    target: workload === null ? key : `${workload}/${key}`,
    workload,
    configuration,
    load: { connections },
    startedAt: new Date(Date.UTC(2026, 10, 20, 9, 30, id)).toISOString(),
    windowSeconds: 1,
    throughputRps: rps,
    latencyUs: {
      count: Math.round(rps),
      mean: meanUs,
      p50: Math.round(meanUs * 0.98),
      p95: Math.round(meanUs * 1.2),
      p99: rps >= 299 ? Math.round(meanUs * 1.4) : null,
      p999: null,
      max: Math.round(meanUs * 1.9),
    },
    histogram: 'HISTFAAAABh4nJNpmSzMwMDAxQABzFCaEUoz2X+AMJgBLDwCAA==',
    requests: {
      sent: Math.round(rps),
      done: Math.round(rps),
      non2xx: 0,
      errors: 0,
      timeouts: 0,
      lost: 0,
      inFlight: 0,
    },
    connects: connections,
    concurrency: connections,
    littleRatio: 1,
    generatorCpu: Math.min(0.95, rps / 20_000),
    generatorCpuSeconds: Math.min(0.95, rps / 20_000),
    generatorDelayMs: { mean: 0.1, max: 1.2 },
    slices: new Array<number>(10).fill(rps / 10),
    errorSamples: [],
    statusCounts: { '200': Math.round(rps) },
    server: {
      cpuSecondsPerRequest: 0.00031,
      loopSecondsPerRequest: 0.00032,
      runQueueSecondsPerRequest: 0,
      cpuCores: rps * 0.00031,
      loopUtilization: Math.min(1, rps * 0.00032),
      pssBytes: 38 * MIB + configuration.workers * 41 * MIB,
      rssBytes: 92 * MIB + configuration.workers * 58 * MIB,
      requestsPerWorker: Array.from({ length: configuration.workers }, () =>
        Math.round(rps / configuration.workers),
      ),
      restarts: 0,
    },
    environment: null,
    validity: { ok: reasons.length === 0, reasons, warnings: [] },
  }
}

const generatorSaturated: ValidityReason = {
  id: 'generator-saturated',
  message: 'the load generator used 91 % of a core: the throughput is a lower bound',
  observed: 0.91,
  limit: 0.85,
}
const littlesLaw: ValidityReason = {
  id: 'littles-law',
  message: 'throughput x latency is 0.88 times the 64 connections: one of the figures is wrong',
  observed: 0.12,
  limit: 0.05,
}

function candidate(configuration: Configuration, rest: Partial<Candidate>): Candidate {
  const rps = rest.throughputRps?.value ?? null
  const meanUs = rps === null ? null : (64 / rps) * 1e6
  return {
    key: configurationKey(configuration),
    configuration,
    proposedBy: ['workers = N'],
    connections: 64,
    control: false,
    throughputRps: null,
    latencyUs: {
      p50: meanUs === null ? null : Math.round(meanUs * 0.98),
      p95: meanUs === null ? null : Math.round(meanUs * 1.2),
      p99: meanUs === null ? null : Math.round(meanUs * 1.4),
    },
    pssBytes: rps === null ? null : 38 * MIB + configuration.workers * 41 * MIB,
    effect: null,
    outcome: 'worse',
    note: '',
    ...rest,
  }
}

function raceTrials(entries: [Configuration, number][], blocks: number): Trial[] {
  return Array.from({ length: blocks }, (_, block) =>
    entries.map(([configuration, rps], index) =>
      trial(block * entries.length + index, configuration, {
        block,
        // A deterministic wobble of two per cent.
        rps: rps * (1 + (((block * 7 + index * 3) % 5) - 2) / 100),
      }),
    ),
  ).flat()
}

function spoil(trials: Trial[], id: number, reason: ValidityReason): Trial[] {
  return trials.map((one) =>
    one.id === id ? { ...one, validity: { ok: false, reasons: [reason], warnings: [] } } : one,
  )
}

const noise: Noise = {
  effect: effect(1.002, 0.006),
  floor: 0.008,
  minimumDetectableEffect: 0.016,
  margin: 0.03,
}

const ioWorkload: Workload = {
  class: 'async-io',
  confidence: 'high',
  cpuMsPerRequest: 0.31,
  loopMsPerRequest: 0.32,
  residenceMsPerRequest: 20.6,
  waitMsPerRequest: 20.29,
  cpuShare: 0.015,
  loopShare: 0.0155,
  kneeConcurrency: 132.9,
  evidence: {
    ...{ cpuMsPerRequest: 'measured', loopMsPerRequest: 'measured', waitMsPerRequest: 'modelled' },
    ...{ residenceMsPerRequest: 'measured', kneeConcurrency: 'modelled' },
  },
  limitedBy: 'cpu',
  reasons: ['A request alone takes 21 ms: CPU 0.31 ms (2 %), event loop busy 0.32 ms (2 %).'],
}

const findings: Finding[] = [
  {
    id: 'TUNE-IO-01',
    level: 'ok',
    title: 'the event loop is free while requests wait',
    observed: 'event loop busy 1.6 % of the response time',
    rule: 'asynchronous I/O below 30 %',
    advice: '',
    evidence: 'measured',
  },
  {
    id: 'TUNE-BACKLOG-01',
    level: 'warn',
    title: 'the kernel cuts the backlog',
    observed: 'somaxconn 128',
    rule: 'somaxconn at least the backlog of 2048',
    advice: 'sysctl net.core.somaxconn=4096',
    evidence: 'rule of thumb',
  },
  {
    id: 'TUNE-MEM-01',
    level: 'info',
    title: 'memory is not the limit',
    observed: '120 MiB of 3,891 MiB',
    rule: 'below 80 % of the limit',
    advice: 'nothing to do',
    evidence: 'modelled',
  },
]

const common = {
  schemaVersion: 1 as const,
  tool: { name: 'tune-prefork' as const, version: '0.1.0' },
  startedAt: '2026-11-20T09:30:00.000Z',
  seed: 42,
  machine,
  request,
}

/** Waits 20 ms on I/O: async many times above 2N+1 sync workers. */
export function ioDocument(): AnalyzeDocument {
  const trials = raceTrials(
    [
      [async(2), 5890],
      [async(5), 5810],
      [async(1), 3050],
      [threaded(2, 3), 284],
      [sync(5), 240],
      [sync(2), 96.4],
    ],
    12,
  )
  return {
    ...common,
    command: 'analyze',
    name: 'api-20261120-093000',
    durationSeconds: 96.4,
    status: 'complete',
    warnings: ['the load generator shares the CPUs with the app'],
    app: { spec: 'examples/api.ts', kind: '(req, res)', loader: 'esbuild' },
    plan: { budgetSeconds: 60, blocks: 12, windowSeconds: 1, connections: 64 },
    workload: ioWorkload,
    memory: {
      arbiterBytes: 38 * MIB,
      perWorkerBytes: 41 * MIB,
      perThreadBytes: 17.5 * MIB,
      maxWorkers: 84,
      evidence: 'measured',
      perThreadEvidence: 'measured',
    },
    candidates: [
      candidate(sync(5), {
        control: true,
        proposedBy: ['2N+1, sync'],
        throughputRps: estimate(240),
        effect: effect(0.0408),
        note: 'one request at a time in each worker: 5 / 20 ms',
      }),
      candidate(async(2), {
        proposedBy: ['workers = N', 'knee'],
        throughputRps: estimate(5890),
        outcome: 'recommended',
        note: 'cheapest of the equivalent ones',
      }),
      candidate(async(5), {
        control: true,
        proposedBy: ['2N+1, async'],
        throughputRps: estimate(5810),
        effect: effect(0.987),
        outcome: 'equivalent',
        note: 'within the margin, 123 MiB more',
      }),
      candidate(async(1), {
        proposedBy: ['1 worker'],
        throughputRps: estimate(3050),
        effect: effect(0.518),
        note: 'one CPU stays idle',
      }),
      candidate(threaded(2, 3), {
        control: true,
        proposedBy: ['2N+1, threaded'],
        throughputRps: estimate(284),
        effect: effect(0.0482),
        note: '6 requests at a time',
      }),
      candidate(sync(2), {
        proposedBy: ['workers = N'],
        throughputRps: estimate(96.4),
        effect: effect(0.0164, 0.03, 3),
        note: 'dropped after 3 blocks',
      }),
      candidate(sync(135), {
        proposedBy: ['knee, sync'],
        outcome: 'excluded',
        note: '5.5 GiB would exceed the memory limit of 3.8 GiB',
      }),
    ],
    noise,
    findings,
    recommendation: {
      action: 'change',
      configuration: async(2),
      connections: 64,
      command: `tune serve examples/api.ts ${configurationFlags(async(2))}`,
      expected: {
        throughputRps: estimate(5890),
        latencyUs: { p50: 10_650, p95: 13_040, p99: 15_210 },
        pssBytes: 120 * MIB,
        evidence: 'measured',
      },
      confidence: 'high',
      reasons: [
        'Requests wait 98 % of their time and leave the event loop free, so one loop can carry hundreds of them.',
        'Beyond 2 workers both CPUs are busy; more workers only cost memory.',
      ],
    },
    heuristic: {
      workers: 5,
      configuration: async(5),
      verdict: 'equivalent',
      effect: effect(1.013),
      explanation:
        '2N+1 = 5 assumes 1.5 ms of waiting per ms of CPU in workers that serve one request at a time; this app waits 65 ms per ms of CPU and its workers serve many, so 2.',
    },
    trials: spoil(spoil(trials, 7, generatorSaturated), 31, littlesLaw),
  }
}

/** Computes 10 ms: 2N+1 sync workers are as good as N, so the fewer are kept. */
export function cpuDocument(): AnalyzeDocument {
  const trials = raceTrials(
    [
      [sync(2), 196],
      [sync(5), 194.6],
      [sync(1), 99.2],
    ],
    10,
  )
  return {
    ...ioDocument(),
    name: 'cpu-20261120-094500',
    durationSeconds: 71,
    warnings: [],
    machine: { ...machine, warnings: [] },
    app: { spec: 'examples/cpu.js', kind: '{ fetch }', loader: 'plain' },
    plan: { budgetSeconds: 60, blocks: 10, windowSeconds: 1, connections: 16 },
    workload: {
      class: 'cpu',
      confidence: 'high',
      cpuMsPerRequest: 10.1,
      loopMsPerRequest: 10.2,
      residenceMsPerRequest: 10.4,
      waitMsPerRequest: 0.3,
      cpuShare: 0.971,
      loopShare: 0.981,
      kneeConcurrency: 2.06,
      limitedBy: 'cpu',
      reasons: [],
    },
    candidates: [
      candidate(sync(2), { throughputRps: estimate(196), outcome: 'recommended' }),
      candidate(sync(5), {
        control: true,
        proposedBy: ['2N+1, sync'],
        throughputRps: estimate(194.6),
        effect: effect(0.993, 0.011, 10),
        outcome: 'equivalent',
      }),
      candidate(sync(1), {
        throughputRps: estimate(99.2),
        effect: effect(0.506, 0.01, 10),
        note: 'one CPU stays idle',
      }),
    ].map((one) => ({ ...one, connections: 16 })),
    findings: [],
    recommendation: {
      action: 'keep',
      configuration: sync(2),
      connections: 16,
      command: `tune serve examples/cpu.js ${configurationFlags(sync(2))}`,
      expected: {
        throughputRps: estimate(196),
        latencyUs: { p50: 80_400, p95: 96_100, p99: null },
        pssBytes: 120 * MIB,
        evidence: 'measured',
      },
      confidence: 'high',
      reasons: ['Both CPUs are busy with 2 workers; among equals the cheaper one wins.'],
    },
    heuristic: {
      workers: 5,
      configuration: sync(5),
      verdict: 'equivalent',
      effect: effect(1.007, 0.011, 10),
      explanation: '2N+1 = 5 assumes 1.5 ms of waiting per ms of CPU; this app waits 0.03, so 2.',
    },
    trials,
  }
}

/** A machine too noisy to say: every interval is wide, the rule stays. */
export function inconclusiveDocument(): AnalyzeDocument {
  const base = cpuDocument()
  return {
    ...base,
    name: 'cpu-20261120-101500',
    warnings: ['CPU steal of 14 % during the race: another guest is using this host'],
    candidates: [
      candidate(sync(5), {
        control: true,
        proposedBy: ['2N+1, sync'],
        throughputRps: estimate(171, 0.19),
        outcome: 'recommended',
        connections: 16,
      }),
      candidate(sync(2), {
        throughputRps: estimate(188, 0.21),
        effect: effect(1.1, 0.2, 4),
        outcome: 'inconclusive',
        note: 'the interval holds both a loss and a gain',
        connections: 32,
      }),
      candidate(threaded(2, 3), {
        outcome: 'invalid',
        note: 'no trial was valid: 2.1 % of the requests failed',
        connections: 32,
      }),
    ],
    noise: { effect: effect(1.04, 0.2, 4), floor: 0.25, minimumDetectableEffect: 0.42, margin: 0.25 },
    recommendation: {
      action: 'inconclusive',
      configuration: sync(5),
      connections: 16,
      command: `tune serve examples/cpu.js ${configurationFlags(sync(5))}`,
      expected: {
        throughputRps: null,
        latencyUs: { p50: null, p95: null, p99: null },
        pssBytes: null,
        evidence: 'rule of thumb',
      },
      confidence: 'low',
      reasons: [
        'Two copies of one configuration differed by up to 25 %, more than the candidates do.',
        'Run again on a quieter machine, or give it longer: --budget 180s.',
      ],
    },
    heuristic: {
      workers: 5,
      configuration: sync(5),
      verdict: 'inconclusive',
      effect: null,
      explanation: '2N+1 = 5 assumes 1.5 ms of waiting per ms of CPU; this app waits 0.03.',
    },
    trials: base.trials
      .slice(0, 12)
      .map((one) =>
        one.id % 3 === 0 ? { ...one, validity: { ok: false, reasons: [littlesLaw], warnings: [] } } : one,
      ),
  }
}

/** Ctrl-C in the middle of the first block: trials, and nothing else. */
export function interruptedDocument(): AnalyzeDocument {
  return {
    ...ioDocument(),
    name: 'api-20261120-110000',
    durationSeconds: 14.2,
    status: 'interrupted',
    warnings: [],
    plan: { budgetSeconds: 60, blocks: 0, windowSeconds: 1, connections: null },
    workload: null,
    memory: null,
    candidates: [],
    noise: null,
    findings: [],
    recommendation: null,
    heuristic: null,
    trials: [
      trial(0, async(1), { phase: 'probe', connections: 1, rps: 48.5 }),
      trial(1, async(1), { phase: 'saturation', connections: 256, rps: 3104 }),
      trial(2, sync(5), { block: 0, rps: 241 }),
      trial(3, async(2), { block: 0, rps: 5871, reasons: [generatorSaturated] }),
    ],
  }
}

function cell(
  workload: string,
  configuration: Configuration,
  connections: number,
  rest: Partial<Cell>,
): Cell {
  const rps = rest.throughputRps?.value ?? null
  const meanUs = rps === null ? null : (connections / rps) * 1e6
  return {
    workload,
    configuration,
    load: { connections },
    throughputRps: null,
    latencyUs: {
      p50: meanUs === null ? null : Math.round(meanUs * 0.98),
      p95: meanUs === null ? null : Math.round(meanUs * 1.2),
      p99: meanUs === null ? null : Math.round(meanUs * 1.4),
    },
    pssBytes: rps === null ? null : 38 * MIB + configuration.workers * 41 * MIB,
    errors: 0,
    validTrials: 3,
    invalidReasons: [],
    best: false,
    heuristic: false,
    effect: null,
    verdict: null,
    ...rest,
  }
}

const measured = (rps: number, ratio: number, verdict: Cell['verdict'] = 'worse'): Partial<Cell> => ({
  throughputRps: estimate(rps, 0.024),
  effect: effect(ratio, 0.02, 3),
  verdict,
})

/** Two workloads x three classes x two loads. */
export function benchDocument(): BenchDocument {
  const cells = [
    cell('io', async(2), 64, { throughputRps: estimate(3110, 0.011), best: true }),
    cell('io', async(2), 8, measured(392, 0.126)),
    cell('io', async(5), 64, { ...measured(3087, 0.993, 'equivalent'), heuristic: true }),
    cell('io', async(5), 8, { ...measured(391, 0.1257), heuristic: true }),
    cell('io', sync(2), 8, measured(96.4, 0.031)),
    cell('io', sync(2), 64, { ...measured(96.6, 0.0311), errors: 3 }),
    cell('io', sync(5), 8, { ...measured(240, 0.0772), heuristic: true }),
    cell('io', sync(5), 64, { ...measured(241, 0.0775), heuristic: true }),
    cell('io', threaded(2, 3), 8, { ...measured(288, 0.0926), heuristic: true }),
    cell('io', threaded(2, 3), 64, {
      heuristic: true,
      validTrials: 0,
      invalidReasons: ['littles-law', 'littles-law'],
    }),
    cell('cpu', async(2), 8, { throughputRps: estimate(195.2), ...measured(195.2, 0.994, 'equivalent') }),
    cell('cpu', sync(2), 8, { throughputRps: estimate(196.4, 0.009), best: true }),
    cell('cpu', sync(5), 8, { ...measured(195.9, 0.997, 'equivalent'), heuristic: true }),
  ]
  return {
    ...common,
    command: 'bench',
    name: 'bench-20261120-120000',
    durationSeconds: 148,
    status: 'complete',
    request: { method: 'GET', path: '/', headers: {}, body: null },
    warnings: [],
    app: null,
    plan: {
      workloads: [
        { name: 'io', description: 'waits 20 ms', noise: null },
        { name: 'cpu', description: 'computes 10 ms', noise: null },
      ],
      axes: {
        classes: ['sync', 'threaded', 'async'],
        workers: [2, 5],
        threads: [1],
        connections: [8, 64],
      },
      blocks: 3,
      windowSeconds: 2,
    },
    cells,
    trials: cells
      .filter(({ throughputRps }) => throughputRps !== null)
      .map(({ workload, configuration, load, throughputRps }, id) =>
        trial(id, configuration, {
          phase: 'matrix',
          block: 0,
          workload,
          connections: load.connections,
          rps: throughputRps?.value ?? 0,
        }),
      ),
  }
}

/** What an app could put into a report to do harm in one of its formats. */
export const HOSTILE =
  '| a | `b` ``` <script>alert(1)</script> </details> --> \u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\nnew\r\nline \u202eevil [x](javascript:1) ![i](http://x) \u0000'

/** Every string that a user, an app or a path can bring is hostile. */
export function hostileDocument(): AnalyzeDocument {
  const base = ioDocument()
  const long = 'x'.repeat(1_000_000)
  return {
    ...base,
    name: HOSTILE,
    app: { spec: HOSTILE, kind: HOSTILE, loader: HOSTILE },
    request: {
      method: 'POST',
      path: HOSTILE,
      headers: { 'x-note': HOSTILE, cookie: 'sid=42' },
      body: HOSTILE,
    },
    warnings: [HOSTILE, long],
    machine: { ...base.machine, cpuModel: HOSTILE, warnings: [HOSTILE] },
    candidates: base.candidates.map((one) => ({ ...one, note: HOSTILE, proposedBy: [HOSTILE] })),
    findings: base.findings.map((one) => ({
      ...one,
      title: HOSTILE,
      observed: HOSTILE,
      rule: HOSTILE,
      advice: HOSTILE,
    })),
    recommendation:
      base.recommendation === null
        ? null
        : { ...base.recommendation, command: HOSTILE, reasons: [HOSTILE, long] },
    heuristic: base.heuristic === null ? null : { ...base.heuristic, explanation: HOSTILE },
    trials: base.trials.map((one) => ({
      ...one,
      target: HOSTILE,
      validity: {
        ok: false,
        reasons: [{ id: HOSTILE, message: HOSTILE, observed: 1, limit: 0 }],
        warnings: [],
      },
    })),
  }
}
