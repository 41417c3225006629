import { describe, expect, it } from 'vitest'
import { observe } from '../../../src/advisor/observed.js'
import { PROBE_LABEL, routeLabel } from '../../../src/advisor/probe-label.js'
import type { RuleContext } from '../../../src/advisor/rules/context.js'
import { unevenWait } from '../../../src/advisor/rules/wait-rules.js'
import { slotUses as slotUsesOn } from '../../../src/advisor/slot-use.js'
import type { Configuration } from '../../../src/result/configuration.js'
import type { Trial } from '../../../src/result/trial.js'
import { async, sync, threaded } from '../../helpers/documents.js'
import { outcome, server, trial } from '../../helpers/trials.js'

const CPUS = 2
const slotUses = (trials: Trial[]) => slotUsesOn(trials, CPUS)
const CLIENTS = 64
const latency = (meanMs: number, p99 = 1.02) => ({
  ...outcome().latencyUs,
  ...{ mean: meanMs * 1000, p50: meanMs * 1000, p99: meanMs * p99 * 1000 },
})
const SOUND = { ok: true, reasons: [], warnings: [] }

/** One client: 10 ms, of which 0.3 ms are CPU. */
const ALONE: Trial = {
  ...trial({ latencyUs: latency(10), target: PROBE_LABEL }, 1),
  ...{ phase: 'probe', block: null, validity: SOUND },
}

/** Trials of a closed loop: 64 clients and so many answers a second. */
const raced = (configuration: Configuration, rates: number[], cpuSeconds = 0.0003): Trial[] =>
  rates.map((throughputRps, block) => ({
    ...trial({ throughputRps, latencyUs: latency((CLIENTS / throughputRps) * 1000) }, CLIENTS),
    ...{ configuration, block, validity: SOUND, server: server({ cpuSecondsPerRequest: cpuSeconds }) },
  }))

// 5 slots of 10 ms carry 500 a second, 4 carry 400. In one trial a single one of the two workers had all clients.
const FAIR = raced(sync(5), [495, 490, 498])
const STARVED = raced(threaded(2, 2), [396, 200, 390])

describe('slotUses', () => {
  it('is the throughput times the response time alone, of the trials with fewest and most', () => {
    const [fair, starved] = slotUses([ALONE, ...FAIR, ...STARVED])
    expect(fair).toMatchObject({ key: 'sync-5', connections: 64, slots: 5, trials: 3 })
    expect(fair?.least).toBeCloseTo(0.98)
    expect(starved).toMatchObject({ key: 'threaded-2x2', slots: 4, meanUs: 320_000, fairUs: 160_000 })
    expect(starved?.least).toBeCloseTo(0.5)
    expect(starved?.most).toBeCloseTo(0.99)
  })

  it('counts no more slots than clients', () => {
    const few = raced(threaded(2, 4), [190]).map((one) => ({ ...one, load: { connections: 2 } }))
    expect(slotUses([ALONE, ...few, ...FAIR])[0]).toMatchObject({ slots: 2 })
  })

  it('leaves out event loops, what may not be believed, what was disturbed, and everything without a probe', () => {
    expect(slotUses([ALONE, ...raced(async(2), [200])])).toEqual([])
    const invalid = STARVED.map((one) => ({ ...one, validity: { ...SOUND, ok: false } }))
    expect(slotUses([ALONE, ...FAIR, ...invalid])).toHaveLength(1)
    const warning = { id: 'cpu-steal', message: '', observed: 1, limit: 0 }
    const disturbed = STARVED.map((one) => ({ ...one, validity: { ...SOUND, warnings: [warning] } }))
    expect(slotUses([ALONE, ...FAIR, ...disturbed])).toHaveLength(1)
    expect(slotUses(STARVED)).toEqual([])
    expect(slotUses([])).toEqual([])
  })

  it('leaves out trials in which CPU was short, by the server itself or by its neighbours', () => {
    // 4 slots of 10 ms with 0.3 ms CPU each take 0.12 cores.
    const beside = (foreignCores: number) =>
      STARVED.map((one) => ({
        ...one,
        environment: {
          ...{ stealShare: 0, busyCores: 2, foreignCores, throttledShare: null, cpuPressure: null },
          ...{ memoryPressure: null, listenDrops: 0 },
        },
      }))
    expect(slotUses([ALONE, ...FAIR, ...beside(1.5)])).toHaveLength(2)
    expect(slotUses([ALONE, ...FAIR, ...beside(1.9)])).toHaveLength(1)
    expect(slotUses([ALONE, ...FAIR, ...raced(threaded(2, 2), [200], 0.006)])).toHaveLength(1)
    const unknown = STARVED.map((one) => ({ ...one, server: null }))
    expect(slotUses([ALONE, ...FAIR, ...unknown])).toHaveLength(1)
  })

  it('leaves out what nothing has shown to be possible: a limit behind the app idles slots too', () => {
    const limited = raced(threaded(2, 8), [400, 390])
    expect(slotUses([ALONE, ...limited])).toEqual([])
    // With an event loop that carries 20 at a time, it is the slots.
    expect(slotUses([ALONE, ...limited, ...raced(async(2), [2000])])).toHaveLength(1)
  })
})

describe('TUNE-WAIT-UNEVEN', () => {
  const found = (trials: Trial[], recommended: Configuration) =>
    unevenWait({ observed: observe(trials, CPUS), recommended } as RuleContext)

  it('says how many slots were in use, how long requests took, and who is even', () => {
    const finding = found([ALONE, ...FAIR, ...STARVED], sync(5))
    expect(finding).toMatchObject({ level: 'info', evidence: 'measured' })
    expect(finding?.observed).toBe(
      'threaded-2x2 with 64 clients: 50 % to 99 % of its 4 slots in use over 3 trials; at worst requests took 320 ms, in one queue for all it would be 160 ms, p50 164 ms and p99 167 ms; sync-5 never used less than 98 %, p50 129 ms and p99 132 ms',
    )
  })

  it('warns where it is the recommended configuration', () => {
    expect(found([ALONE, ...FAIR, ...STARVED], threaded(2, 2))?.level).toBe('warn')
  })

  it('says so too where all slots are in use, and some clients wait longer in a deep queue', () => {
    const unevenly = (ratios: number[]) =>
      raced(threaded(2, 2), [396, 398, 399]).map((one, index) => ({
        ...one,
        latencyUs: latency(161, ratios[index]),
      }))
    const finding = found([ALONE, ...FAIR, ...unevenly([1.02, 1.6, 1.7])], sync(5))
    expect(finding?.observed).toMatch(
      /^threaded-2x2 with 64 clients: 99 % to 100 % of its 4 slots in use over 3 trials, p50 161 ms and p99 258 ms; sync-5/,
    )
    // One trial of three may have met a stall of the machine.
    expect(found([ALONE, ...FAIR, ...unevenly([1.02, 1.1, 3])], sync(5))).toBeNull()
    // Requests that differ by as much on their own do not wait unevenly.
    const differing = { ...ALONE, latencyUs: { ...ALONE.latencyUs, p99: ALONE.latencyUs.p50! + 100_000 } }
    expect(found([differing, ...FAIR, ...unevenly([1.02, 1.6, 1.7])], sync(5))).toBeNull()
  })

  it('holds a mix against the mix alone, not against the rare request that was probed by itself last', () => {
    // One request of twenty takes 300 ms, the others 0.6 ms: four slots carry 257 a second, as sync does in docs/findings.md.
    const mixed = { ...latency(15.6), p50: 600, p99: 301_000 }
    const probed = (target: string, latencyUs: Trial['latencyUs']) => ({ ...ALONE, target, latencyUs })
    const probes = [
      probed(PROBE_LABEL, mixed),
      probed(routeLabel('fast'), latency(0.6)),
      probed(routeLabel('slow'), latency(300)),
    ]
    const fourClients = (configuration: Configuration, rates: number[]) =>
      raced(configuration, rates).map((one) => ({
        ...one,
        ...{ load: { connections: 4 }, latencyUs: { ...mixed, mean: 4e6 / one.throughputRps } },
      }))
    const inOneQueue = fourClients(sync(4), [257, 241, 250])
    const behindOthers = fourClients(threaded(4, 1), [210, 67, 150])
    const finding = found([...probes, ...inOneQueue, ...behindOthers], sync(4))
    expect(finding?.observed).toMatch(
      /^threaded-4x1 with 4 clients: 26 % to 82 % of its 4 slots in use over 3 trials; at worst requests took 60 ms, in one queue for all it would be 16 ms; sync-4 never used less than 94 %/,
    )
  })

  it('is silent where all slots are used, and where CPU is what they wait for', () => {
    expect(found([ALONE, ...FAIR], sync(5))).toBeNull()
    expect(found([], sync(5))).toBeNull()
    const computing = raced(threaded(2, 2), [396, 200, 390], 0.006)
    expect(found([ALONE, ...FAIR, ...computing], sync(5))).toBeNull()
  })
})
