import { describe, expect, it } from 'vitest'
import { classify } from '../../../src/advisor/classify.js'
import { measureDemand } from '../../../src/advisor/demand.js'
import { saturationConnections } from '../../../src/advisor/load-plan.js'
import { runTrial } from '../../../src/experiment/trial-runner.js'
import type { Trial } from '../../../src/result/trial.js'
import { FAKE_REQUEST, FakeWorld, type FakeWorldOptions } from '../../helpers/fakes.js'
import { ASYNC_ONE, server, trial } from '../../helpers/trials.js'

async function probed(options: FakeWorldOptions): Promise<{ probe: Trial; saturation: Trial }> {
  const world = new FakeWorld(options)
  const running = world.start(ASYNC_ONE)
  const observe = (connections: number) =>
    runTrial(
      { id: 0, phase: 'probe', block: null, target: 'a', workload: null, configuration: ASYNC_ONE },
      running,
      { request: FAKE_REQUEST, connections, rampSeconds: 0.2, windowSeconds: 2, timeoutSeconds: 10 },
      world,
      new AbortController().signal,
    )
  const probe = await observe(1)
  const connections = saturationConnections(
    measureDemand(probe, options.effectiveCpus)!,
    options.effectiveCpus,
  )
  return { probe, saturation: await observe(connections) }
}

async function classified(options: FakeWorldOptions) {
  const { probe, saturation } = await probed(options)
  return classify(probe, saturation, options.effectiveCpus)!
}

describe('classify, on a machine that neighbours fill', () => {
  /** As much waiting for a core as there was time beside the CPU, of whichever threads. */
  const crowded = async (app: FakeWorldOptions['app']) => {
    const { probe, saturation } = await probed({ app, effectiveCpus: 2 })
    const runQueueSecondsPerRequest = probe.latencyUs.mean! / 1e6
    return classify({ ...probe, server: { ...probe.server!, runQueueSecondsPerRequest } }, saturation, 2)!
  }

  it('does not take a wait for queueing that the overload contradicts', async () => {
    const { class: found, confidence, waitMsPerRequest, doubts } = await crowded({ cpuMs: 0.06, waitMs: 50 })
    expect(found).toBe('async-io')
    expect(confidence).toBe('low')
    expect(waitMsPerRequest).toBeGreaterThan(45)
    expect(doubts!.map(({ why }) => why).join(' ')).toContain('that part was not left out')
  })

  it('still takes for queueing what the overload does not contradict', async () => {
    const { class: found, doubts } = await crowded({ cpuMs: 10, waitMs: 0 })
    expect(found).toBe('cpu')
    expect(doubts!.map(({ why }) => why).join(' ')).not.toContain('that part was not left out')
  })
})

const APPS = {
  cpu: { cpuMs: 10, waitMs: 0 },
  'blocking-io': { cpuMs: 0.3, waitMs: 20, blocking: true },
  'async-io': { cpuMs: 0.06, waitMs: 20 },
  'offloop-cpu': { cpuMs: 20, waitMs: 0, offLoop: true },
  mixed: { cpuMs: 2, waitMs: 4 },
  downstream: { cpuMs: 0.3, waitMs: 50, poolSize: 10 },
} as const

describe('classify', () => {
  for (const effectiveCpus of [0.5, 1, 2, 8]) {
    it.each(Object.entries(APPS))(`${String(effectiveCpus)} cores: %s`, async (name, app) => {
      const workload = await classified({ app, effectiveCpus })
      expect(workload).toMatchObject({ class: name })
      if (effectiveCpus >= 1) expect(workload.confidence).toBe('high')
    })
  }

  it('never takes more off the loop for waiting threads than leaves it the CPU that it used', () => {
    const queued = (cpu: number, loop: number, queue: number) =>
      measureDemand(
        trial({
          server: server({
            ...{ cpuSecondsPerRequest: cpu / 1000, loopSecondsPerRequest: loop / 1000 },
            runQueueSecondsPerRequest: queue / 1000,
          }),
        }),
        2,
      )!.loopMs
    // Response time 10 ms: computes for 2, and all threads together waited for a core for 6.
    expect(queued(2, 4, 6)).toBeCloseTo(2)
    expect(queued(2, 9, 6)).toBeCloseTo(3)
    // Computes elsewhere: how long the loop itself was kept waiting is not known.
    expect(queued(4, 3, 1)).toBeCloseTo(2)
  })

  it('measures C, W and the knee', async () => {
    const workload = await classified({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2, noise: 0, drift: 0 })
    expect(workload.cpuMsPerRequest).toBeCloseTo(2, 1)
    expect(workload.waitMsPerRequest).toBeCloseTo(4, 1)
    expect(workload.kneeConcurrency! / 6).toBeGreaterThan(0.95)
    expect(workload.kneeConcurrency! / 6).toBeLessThan(1.05)
    expect(workload.limitedBy).toBe('event-loop')
  })

  it('does not take the transport of an empty handler for waiting, and says what hides it', async () => {
    const workload = await classified({ app: { cpuMs: 0.04, waitMs: 0 }, effectiveCpus: 2 })
    expect(workload).toMatchObject({ class: 'cpu', confidence: 'medium' })
    expect(workload.reasons.join(' ')).toContain('network and generator')
  })

  it('names the size of the pool that everything waits for', async () => {
    const { reasons } = await classified({ app: APPS.downstream, effectiveCpus: 2, noise: 0, drift: 0 })
    expect(reasons.join(' ')).toContain('about 10 at a time')
  })

  it("says that it may be libuv's pool where about as many proceed as that has threads, on servers that have it", async () => {
    const options = { app: { cpuMs: 0.3, waitMs: 50, poolPerProcess: 4 }, effectiveCpus: 2 }
    const { probe, saturation } = await probed(options)
    const found = classify(probe, saturation, 2)!
    expect(found).toMatchObject({ class: 'downstream', poolThreads: 4 })
    expect(found.reasons.join(' ')).toContain(
      "libuv's pool, in which files and DNS look-ups wait, has 4 threads",
    )
    expect(classify(probe, saturation, 2, { threadPool: 16 })).not.toHaveProperty('poolThreads')
    const ten = await probed({ ...options, app: APPS.downstream })
    expect(classify(ten.probe, ten.saturation, 2)).not.toHaveProperty('poolThreads')
    expect(classify(ten.probe, ten.saturation, 2, { threadPool: 10 })).toMatchObject({ poolThreads: 10 })
    const blind = await probed({ ...options, blind: true })
    expect(classify(blind.probe, blind.saturation, 2)).not.toHaveProperty('poolThreads')
  })

  it('names the thread pool where off-loop work leaves cores idle', async () => {
    const { limitedBy } = await classified({ app: APPS['offloop-cpu'], effectiveCpus: 16 })
    expect(limitedBy).toBe('thread-pool')
  })

  it('has low confidence when saturation contradicts the probe', async () => {
    // Computes when alone, but under load neither CPU nor loop fill up: a lock, a limit, something else.
    const alone = await probed({ app: APPS.cpu, effectiveCpus: 2 })
    const crowded = await probed({ app: APPS.downstream, effectiveCpus: 2 })
    const workload = classify(alone.probe, crowded.saturation, 2)!
    expect(workload.confidence).toBe('low')
    expect(workload.reasons.join(' ')).toContain('disagree')
  })

  it('says of how many clients nothing ran out, and doubts it where more were tried and are not believed', async () => {
    const app = { cpuMs: 0.06, waitMs: 20 }
    const { probe, saturation } = await probed({ app, effectiveCpus: 2 })
    const world = new FakeWorld({ app, effectiveCpus: 2 })
    const gentle = await runTrial(
      { id: 1, phase: 'saturation', block: null, target: 'a', workload: null, configuration: ASYNC_ONE },
      world.start(ASYNC_ONE),
      { request: FAKE_REQUEST, connections: 40, rampSeconds: 0.2, windowSeconds: 2, timeoutSeconds: 10 },
      world,
      new AbortController().signal,
    )
    const fell = { id: 'not-steady', message: '', observed: 1, limit: 0 }
    const spoiled = { ...saturation, validity: { ok: false, reasons: [fell], warnings: [] } }
    const sure = classify(probe, gentle, 2)!
    expect(sure).toMatchObject({ limitedBy: 'nothing', confidence: 'high' })
    expect(sure.reasons.join(' ')).toContain('With 40 clients nothing ran out')
    const unsure = classify(probe, gentle, 2, { spoiled })!
    expect(unsure).toMatchObject({ class: sure.class, limitedBy: 'nothing', confidence: 'medium' })
    expect(unsure.doubts![0]!.why).toBe(
      `The trial with ${saturation.load.connections} clients may not be believed (not-steady), and fewer did not bring the app to its limit.`,
    )
    // Where fewer clients have found the limit, that more were not believed takes nothing away.
    expect(classify(probe, saturation, 2, { spoiled })).toEqual(classify(probe, saturation, 2))
  })

  it('takes the work that a worker does in the background off a request alone', async () => {
    const app = { cpuMs: 0.5, waitMs: 6 }
    const quiet = await classified({ app, effectiveCpus: 2 })
    const { probe, saturation } = await probed({ app: { ...app, idleCores: 0.3 }, effectiveCpus: 2 })
    // Three times as much as the requests use, at one connection.
    expect(classify(probe, saturation, 2)!.class).not.toBe(quiet.class)
    const found = classify(probe, saturation, 2, { background: { cores: 0.3, loopShare: 0.3 } })!
    expect(found).toMatchObject({ class: 'async-io', confidence: 'medium' })
    expect(found.cpuShare).toBeCloseTo(quiet.cpuShare, 2)
    expect(found.doubts![0]!.why).toContain('uses 0.3 cores while nobody asks it anything')
  })

  it('has low confidence after an invalid probe and doubts one of few requests or without saturation', () => {
    const alone = { ...trial({}, 1), latencyUs: { ...trial().latencyUs, mean: 1100 }, throughputRps: 900 }
    expect(classify(alone, null, 2)).toMatchObject({ class: 'cpu', confidence: 'medium' })
    expect(classify(alone, null, 2)!.evidence).toMatchObject({ loopMsPerRequest: 'measured' })
    const unseen = { ...alone, server: alone.server && { ...alone.server, loopSecondsPerRequest: null } }
    expect(classify(unseen, null, 2)!.evidence).toMatchObject({ loopMsPerRequest: 'modelled' })
    const spoiled = { id: 'errors', message: '', observed: 1, limit: 0 }
    expect(
      classify({ ...alone, validity: { ok: false, reasons: [spoiled], warnings: [] } }, null, 2)!.confidence,
    ).toBe('low')
    const few = { ...alone, requests: { ...alone.requests, done: 12 } }
    expect(classify(few, null, 2)!.reasons.join(' ')).toContain('Only 12 requests')
  })

  it.each([
    ['cpu', 10, 10, 20],
    ['blocking-io', 0.4, 10, 20],
    ['async-io', 0.1, 0.1, 25],
  ] as const)(
    '%s: a loop that other processes keep off its core does not pass for one that blocks',
    (expected, cpuMs, queuedMs, residenceMs) => {
      const blockedMs = expected === 'blocking-io' ? residenceMs - queuedMs - cpuMs : 0
      const probe = trial(
        {
          throughputRps: 1000 / residenceMs,
          latencyUs: { ...trial().latencyUs, mean: residenceMs * 1000 },
          server: server({
            cpuSecondsPerRequest: cpuMs / 1000,
            loopSecondsPerRequest: (cpuMs + queuedMs + blockedMs) / 1000,
            runQueueSecondsPerRequest: queuedMs / 1000,
          }),
        },
        1,
      )
      expect(classify(probe, null, 2)).toMatchObject({ class: expected, cpuMsPerRequest: cpuMs })
    },
  )

  it('is null where the target cannot tell its CPU or loop time', () => {
    expect(classify(trial({ server: null }), null, 2)).toBeNull()
    expect(classify(trial({ server: server({ cpuSecondsPerRequest: null }) }), null, 2)).toBeNull()
  })

  it('says that the generator was the limit, where it was', async () => {
    const workload = await classified({ app: APPS['async-io'], effectiveCpus: 2, generatorMs: 0.2 })
    expect(workload.limitedBy).toBe('generator')
    expect(workload.confidence).toBe('medium')
  })
})

describe('classify, for a server without event-loop figures', () => {
  const blind = (app: FakeWorldOptions['app']) => classified({ app, effectiveCpus: 2, blind: true })

  it.each(Object.entries(APPS))('%s: the same class, and says what it could not see', async (name, app) => {
    const workload = await blind(app)
    expect(workload.class).toBe(name)
    expect(workload.confidence).not.toBe('high')
    expect(workload.reasons.join()).toContain('tells nothing of its event loops')
    expect(workload.reasons[0]).toContain('worker held, as inferred')
  })

  it('takes a limit of one at a time behind the app for blocking, as it warns', async () => {
    const workload = await blind({ cpuMs: 0.3, waitMs: 50, poolSize: 1 })
    expect(workload.class).toBe('blocking-io')
    expect(workload.reasons.join()).toContain('look alike')
  })
})
