import { describe, expect, it } from 'vitest'
import { measureDemand } from '../../../src/advisor/demand.js'
import { classify } from '../../../src/advisor/classify.js'
import { heldMs, readSaturation } from '../../../src/advisor/saturation.js'
import type { ServerOutcome } from '../../../src/result/trial.js'
import { outcome, server, trial } from '../../helpers/trials.js'

/** A server that tells nothing of its event loops, as Gunicorn or PM2. */
const blind = (rest: Partial<ServerOutcome>): ServerOutcome =>
  server({ loopSecondsPerRequest: null, loopUtilization: null, requestsPerWorker: [], ...rest })

const CPUS = 2
const latency = (meanMs: number) => ({ ...outcome().latencyUs, mean: meanMs * 1000 })

/** One request at a time: 5 ms of CPU, and nothing else. */
const probe = trial(
  { throughputRps: 190, latencyUs: latency(5.2), server: blind({ cpuSecondsPerRequest: 0.005 }) },
  1,
)

/** The same worker with 32 clients, at `rps`, while other processes take cores away for so long per request. */
const overload = (rps: number, queuedSeconds: number | null) =>
  trial(
    {
      throughputRps: rps,
      latencyUs: latency(32_000 / rps),
      server: blind({ cpuSecondsPerRequest: 0.005, runQueueSecondsPerRequest: queuedSeconds }),
    },
    32,
  )

const saturated = (rps: number, queuedSeconds: number | null) => {
  const loaded = overload(rps, queuedSeconds)
  return readSaturation(loaded, measureDemand(probe, CPUS, loaded)!, CPUS)!
}

describe('saturation of a server without event-loop figures', () => {
  it('is the worker itself, where it computes all the time', () => {
    expect(saturated(195, 0)).toMatchObject({ limitedBy: 'event-loop' })
  })

  it('is still the worker where it is kept off its core for half of the time: it is held while it waits to run', () => {
    // 95 answers a second of 5 ms CPU and 5 ms in the run queue are a worker that has no moment left.
    const busy = saturated(95, 0.005)
    expect(busy.limitedBy).toBe('event-loop')
    expect(busy.loopUtilization).toBeCloseTo(0.95, 1)
  })

  it('is not the worker where the same throughput comes without any wait for a core', () => {
    const idle = saturated(95, 0)
    expect(idle.loopUtilization).toBeCloseTo(0.475, 1)
    expect(idle.limitedBy).not.toBe('event-loop')
    // Unknown is no wait: nothing is made up for a kernel that does not tell.
    expect(saturated(95, null)).toEqual(idle)
  })

  it('adds nothing to event-loop figures, which hold that time already', () => {
    const seen = trial(
      {
        throughputRps: 95,
        latencyUs: latency(336),
        server: server({
          cpuSecondsPerRequest: 0.005,
          loopSecondsPerRequest: 0.006,
          runQueueSecondsPerRequest: 0.005,
          loopUtilization: 0.57,
        }),
      },
      32,
    )
    const demand = measureDemand(
      trial({ ...seen, load: { connections: 1 }, latencyUs: latency(5.2) }, 1),
      CPUS,
    )!
    expect(readSaturation(seen, demand, CPUS)?.loopUtilization).toBeCloseTo(0.57, 2)
  })
})

describe('what a request holds its worker for', () => {
  it('shrinks with C under load where it only computes, and not where it blocks', () => {
    expect(heldMs({ loopMs: 0.94, cpuMs: 0.94 }, 0.23)).toBe(0.23)
    expect(heldMs({ loopMs: 10, cpuMs: 0.94 }, 0.23)).toBe(10)
    expect(heldMs({ loopMs: 0.94, cpuMs: 0.94 }, null)).toBe(0.94)
  })

  it('is what the workload tells, beside C of the same trial', () => {
    const cold = trial(
      {
        throughputRps: 90,
        latencyUs: latency(11),
        server: server({ cpuSecondsPerRequest: 0.00094, loopSecondsPerRequest: 0.00094 }),
      },
      1,
    )
    const warm = trial(
      {
        throughputRps: 2000,
        latencyUs: latency(12),
        server: server({
          cpuSecondsPerRequest: 0.00023,
          loopSecondsPerRequest: 0.0003,
          loopUtilization: 0.5,
        }),
      },
      24,
    )
    expect(classify(cold, warm, CPUS)).toMatchObject({ cpuMsPerRequest: 0.23, loopMsPerRequest: 0.23 })
  })
})

describe('saturation of an app that computes', () => {
  /** On eight cores, alone for 10 ms of CPU, of which `loopMs` on the loop; then 32 at a time. */
  const limitOf = (loopMs: number, rps: number) => {
    const figures = { cpuSecondsPerRequest: 0.01, loopSecondsPerRequest: loopMs / 1000 }
    const alone = trial({ throughputRps: 95, latencyUs: latency(10.2), server: server(figures) }, 1)
    const loaded = trial(
      {
        ...{ throughputRps: rps, latencyUs: latency(32_000 / rps) },
        server: server({ ...figures, loopUtilization: (rps * loopMs) / 1000 }),
      },
      32,
    )
    return readSaturation(loaded, measureDemand(alone, 8)!, 8)!.limitedBy
  }

  it('on its loop is never the thread pool', () => {
    expect(limitOf(10, 78)).toBe('event-loop')
    expect(limitOf(10, 60)).toBe('downstream')
    expect(limitOf(10, 98)).toBe('event-loop')
  })

  it('off its loop is the threads that compute', () => {
    expect(limitOf(0.1, 390)).toBe('thread-pool')
  })
})

describe('demand', () => {
  it('is finite where waiting for a core and transport are all of the response time', () => {
    const crowded = (cpuMs: number, loopMs: number, queuedMs: number) =>
      measureDemand(
        trial(
          {
            ...{ throughputRps: 1000, latencyUs: latency(1), generatorCpu: 0.25 },
            server: server({
              ...{ cpuSecondsPerRequest: cpuMs / 1000, loopSecondsPerRequest: loopMs / 1000 },
              runQueueSecondsPerRequest: queuedMs / 1000,
            }),
          },
          1,
        ),
        CPUS,
      )!
    expect(crowded(0.2, 0.15, 0.8).cpuShare).toBeCloseTo(1)
    expect(crowded(0.2, 0.15, 0.8).loopShare).toBe(0)
    expect(crowded(0, 0, 1)).toMatchObject({ cpuShare: 0, loopShare: 0, waitMs: 0 })
  })
})

describe('saturation of requests that wait together', () => {
  /** 5 ms of waiting and `loopMs` of event loop, `connections` at a time, as many answers as `rps`. */
  const limitOf = (rps: number, connections: number, loopMs: number) => {
    const alone = trial(
      {
        throughputRps: 175,
        latencyUs: latency(5.7),
        server: server({ cpuSecondsPerRequest: loopMs / 1000, loopSecondsPerRequest: loopMs / 1000 }),
      },
      1,
    )
    const loaded = trial(
      {
        throughputRps: rps,
        latencyUs: latency((connections * 1000) / rps),
        server: server({
          ...{ cpuSecondsPerRequest: loopMs / 1000, loopSecondsPerRequest: loopMs / 1000 },
          loopUtilization: (rps * loopMs) / 1000,
        }),
      },
      connections,
    )
    return readSaturation(loaded, measureDemand(alone, CPUS)!, CPUS)!.limitedBy
  }

  it('is no limit behind the app: the loop rests for one wait between two rounds', () => {
    // A round of 16: 16 x 0.55 ms one after the other, then 5 ms in which all of them wait.
    expect(limitOf(16_000 / (16 * 0.55 + 5), 16, 0.55)).toBe('nothing')
  })

  it('is one where the loop rests for longer than that: 4 at a time, whoever else is there', () => {
    expect(limitOf(4000 / 5, 32, 0.55)).toBe('downstream')
    expect(limitOf(4000 / 5, 16, 0.55)).toBe('downstream')
  })
})
