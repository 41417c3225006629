import type { AnalyzeDocument } from '../../src/result/document.js'
import { configurationKey } from '../../src/result/configuration.js'
import { async, effect, HOSTILE, ioDocument, sync, trial } from './documents.js'

const MIB = 2 ** 20
const SHORTEST_US = 20_750
const MOST_RPS = 5890

/** Closed-loop clients against a server that reaches its most at 122 of them: level, a soft bend, then upright. */
const SWEEP = [
  [33, 1587, 20_790, 22_100],
  [47, 2240, 20_980, 22_900],
  [66, 3080, 21_430, 25_200],
  [94, 4270, 22_010, 28_800],
  [133, 5390, 24_680, 36_400],
  [188, 5800, 32_410, 52_300],
  [266, MOST_RPS, 45_160, 71_000],
  [376, 5120, 73_440, null],
  [532, 5850, 90_940, 142_000],
] as const
const NOT_BELIEVED = 376

/** `ioDocument` with every part that an analysis can have: an objective, a confirmation, a sweep, the model and another machine. */
export function fullDocument(): AnalyzeDocument {
  const base = ioDocument()
  const [answer, rule, today] = [async(2), async(5), sync(5)]
  const [answerKey, ruleKey, todayKey] = [answer, rule, today].map(configurationKey) as [
    string,
    string,
    string,
  ]
  const reasons = [
    { id: 'steal', message: 'the hypervisor gave 12 % of the CPU to others', observed: 0.12, limit: 0.05 },
  ]
  const sweepTrials = SWEEP.map(([connections, rps], index) =>
    trial(base.trials.length + index, answer, {
      ...{ phase: 'sweep', connections, rps },
      reasons: connections === NOT_BELIEVED ? reasons : [],
    }),
  )
  return {
    ...base,
    workload: base.workload && {
      ...base.workload,
      confidence: 'medium',
      doubts: [{ why: 'Few requests at one connection: 97.', raise: 'a longer probe' }],
      constraints: [
        {
          ...{ kind: 'gc-bound', confidence: 'high', value: 0.34, limit: 0.2, raise: '' },
          observed: 'the collector takes 34 % of the CPU under overload',
        },
      ],
      routes: [
        {
          ...{
            name: 'GET /feed',
            share: 0.9,
            class: 'async-io',
            confidence: 'medium',
            cpuPart: 0.21,
            note: '',
          },
          ...{
            cpuMsPerRequest: 0.09,
            loopMsPerRequest: 0.1,
            waitMsPerRequest: 20.3,
            residenceMsPerRequest: 20.4,
          },
          evidence: {
            ...{ cpuMsPerRequest: 'measured', loopMsPerRequest: 'measured' },
            ...{ waitMsPerRequest: 'modelled', residenceMsPerRequest: 'measured' },
          },
          doubts: [
            { why: 'Nothing overloads it by itself.', raise: 'an analysis of this request alone' },
            { why: 'Only 21 requests at one connection.', raise: 'a longer probe, of more requests' },
          ],
        },
        {
          ...{ name: 'POST /search', share: 0.1, class: null, confidence: 'low', cpuPart: null },
          ...{
            cpuMsPerRequest: null,
            loopMsPerRequest: null,
            waitMsPerRequest: null,
            residenceMsPerRequest: null,
          },
          note: 'no trial of it may be believed',
        },
      ],
    },
    plan: {
      ...base.plan,
      question: {
        optimize: 'throughput',
        slo: { percentile: 'p99', limitUs: 50_000 },
        targetRps: null,
        maxMemoryBytes: 512 * MIB,
        current: { configuration: today, source: 'tune.config.ts' },
        candidates: [],
      },
    },
    confirmation: {
      blocks: 9,
      keys: [answerKey, ruleKey, todayKey],
      effects: [
        {
          ...{ key: answerKey, against: ruleKey, effect: effect(1.013, 0.012, 9) },
          ...{ verdict: 'equivalent', raceEffect: effect(1.021, 0.015, 3) },
        },
        {
          ...{ key: answerKey, against: todayKey, effect: effect(24.4, 0.02, 9) },
          ...{ verdict: 'better', raceEffect: effect(25.1, 0.03, 3) },
        },
      ],
      note: 'Servers were started anew and measured in blocks of their own; only these effects are quoted.',
    },
    connections: {
      key: answerKey,
      points: SWEEP.map(([connections, throughputRps, meanUs, p99Us]) => ({
        ...{ connections, throughputRps, meanUs, p99Us },
        believed: connections !== NOT_BELIEVED,
      })),
      kneePredicted: 132.9,
      kneeMeasured: (MOST_RPS * SHORTEST_US) / 1e6,
      latencyHoldsTo: 188,
      advice: { workerConnections: 123, backlog: 2048, balancerLimit: 245 },
      adviceEvidence: 'rule of thumb',
      note: 'throughput stops growing at 122 requests under way (predicted from the probe: 133, 8.7 % off); up to 188 connections a request takes, in the mean, at most twice the shortest mean of this sweep (20 ms with 33 connections)',
    },
    model: {
      predictions: [
        ...[
          {
            what: 'knee of 2 async workers, requests under way',
            unit: 'requests' as const,
            predicted: 132.9,
            measured: 122.2,
            error: 0.0874,
          },
        ],
        {
          what: 'throughput of 2 async workers',
          unit: 'req/s',
          predicted: 6450,
          measured: 5890,
          error: 0.0951,
        },
        {
          what: 'throughput of 5 async workers',
          unit: 'req/s',
          predicted: 6450,
          measured: 5810,
          error: 0.11,
        },
        {
          what: 'throughput of 5 sync workers',
          unit: 'req/s',
          predicted: 242.7,
          measured: 240,
          error: 0.0113,
        },
        { what: 'memory of 2 async workers', unit: 'MiB', predicted: 120, measured: 121.5, error: -0.0123 },
      ],
      scalability: [
        {
          axis: 'connections',
          lambda: { value: 48.6, low: 48.1, high: 49.2 },
          sigma: { value: 0.0051, low: 0.0047, high: 0.0056 },
          kappa: { value: 0.000011, low: 0.000009, high: 0.000014 },
          peak: { value: 300, low: 270, high: 340 },
          ...{ peakMeasured: true, from: 33, to: 532, wellSupported: true },
        },
      ],
      workerSeries: {
        ...{ configuration: async(1), connections: 133 },
        points: [
          { workers: 1, throughputRps: 3010 },
          { workers: 2, throughputRps: 5890 },
          { workers: 5, throughputRps: 5810 },
        ],
      },
      leakBytesPerRequest: 312,
      certainty: [
        {
          figure: 'C',
          value: '0.31 ms',
          confidence: 'high',
          why: 'alone and under overload differ by 4 %',
          raise: '',
        },
        {
          ...{ figure: 'W', value: '20.3 ms, W/C 65.5', confidence: 'medium' },
          ...{ why: 'from 97 requests at one connection', raise: 'a longer probe' },
        },
      ],
    },
    whatIf: {
      effectiveCpus: 8,
      memoryBytes: 16_384 * MIB,
      configuration: async(8),
      rule: async(17),
      throughputRps: 23_560,
      ruleThroughputRps: 23_560,
      pssBytes: 366 * MIB,
      evidence: 'modelled',
      limits: ['CPUs are taken to be as fast as the ones that were measured, and to share nothing.'],
    },
    trials: [...base.trials, ...sweepTrials],
  }
}

/** The same with hostile text wherever those parts hold text. */
export function hostileFullDocument(): AnalyzeDocument {
  const base = fullDocument()
  const { confirmation, connections, model, whatIf, workload } = base
  return {
    ...base,
    workload: workload && {
      ...workload,
      doubts: [{ why: HOSTILE, raise: HOSTILE }],
      constraints: (workload.constraints ?? []).map((one) => ({ ...one, observed: HOSTILE, raise: HOSTILE })),
      routes: (workload.routes ?? []).map((one) => ({
        ...one,
        ...{ name: HOSTILE, note: HOSTILE, doubts: [{ why: HOSTILE, raise: HOSTILE }] },
      })),
    },
    ...(confirmation && {
      confirmation: {
        ...confirmation,
        note: HOSTILE,
        effects: confirmation.effects.map((one) => ({ ...one, key: HOSTILE, against: HOSTILE })),
      },
    }),
    ...(connections && { connections: { ...connections, key: HOSTILE, note: HOSTILE } }),
    ...(model && {
      model: {
        ...model,
        predictions: model.predictions.map((one) => ({ ...one, what: HOSTILE })),
        certainty: model.certainty.map((one) => ({
          ...one,
          figure: HOSTILE,
          value: HOSTILE,
          why: HOSTILE,
          raise: HOSTILE,
        })),
      },
    }),
    ...(whatIf && { whatIf: { ...whatIf, limits: [HOSTILE] } }),
  }
}
