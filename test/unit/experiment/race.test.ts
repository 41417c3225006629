import { describe, expect, it } from 'vitest'
import { twinLabel } from '../../../src/experiment/plan.js'
import { keptUp, rebooted } from '../../../src/experiment/hosting.js'
import { race, type Contender, type RacePlan } from '../../../src/experiment/race.js'
import { createRandom } from '../../../src/experiment/random.js'
import { comparisonsOf, summarize } from '../../../src/experiment/summary.js'
import { trialNumbers } from '../../../src/experiment/trial-runner.js'
import { configurationKey, type Configuration } from '../../../src/result/configuration.js'
import { trialSchema, type Trial } from '../../../src/result/trial.js'
import { FAKE_REQUEST, FakeWorld, type FakeWorldOptions } from '../../helpers/fakes.js'

const workers = (count: number): Configuration => ({
  workerClass: 'async',
  workers: count,
  threads: 1,
  workerConnections: 1000,
})

interface Setup extends Partial<FakeWorldOptions> {
  counts?: number[]
  controls?: number[]
  plan?: Partial<RacePlan>
  signal?: AbortSignal
}

async function run({ counts = [1, 2, 3, 4], controls = [1], plan, signal, ...world }: Setup) {
  const fake = new FakeWorld({ app: { cpuMs: 5, waitMs: 0 }, effectiveCpus: 4, ...world })
  const contenders: Contender[] = counts.map((count) => ({
    label: configurationKey(workers(count)),
    target: configurationKey(workers(count)),
    workload: null,
    configuration: workers(count),
    use: keptUp(fake.start(workers(count))),
    connections: 16,
    rampSeconds: 0.2,
    control: controls.includes(count),
  }))
  const stored: Trial[] = []
  const ramps: number[] = []
  const generator: typeof fake.generator = {
    ...fake.generator,
    run: (spec, stop) => {
      ramps.push(spec.rampSeconds)
      return fake.generator.run(spec, stop)
    },
  }
  const outcome = await race(
    {
      phase: 'race',
      contenders,
      twinOf: contenders[0]!.label,
      request: FAKE_REQUEST,
      windowSeconds: 1,
      timeoutSeconds: 10,
      warmUpSeconds: 0,
      minBlocks: 6,
      maxBlocks: 8,
      margin: 0.03,
      deadlineMs: 1e9,
      ...plan,
    },
    {
      generator,
      clock: fake.clock,
      random: createRandom(world.seed ?? 1),
      nextId: trialNumbers(),
      onStart: () => undefined,
      onTrial: (trial) => {
        stored.push(trial)
      },
    },
    signal ?? new AbortController().signal,
  )
  return { outcome, stored, fake, ramps }
}

/** TUNE_RACES=2000 for as many as the verdicts are simulated with; it takes half a minute. */
const RACES = Number(process.env.TUNE_RACES ?? 300)

describe('race', () => {
  it('drops what is clearly worse from the second block on, keeps controls and the best', async () => {
    const { outcome, stored } = await run({})
    expect(outcome.dropped).toEqual([
      { label: 'async-2x1000', blocks: 2, why: 'clearly-worse' },
      { label: 'async-3x1000', blocks: 2, why: 'clearly-worse' },
    ])
    expect(outcome.trials.get('async-1x1000')!.length).toBe(outcome.blocks)
    expect(outcome.trials.get('async-4x1000')!.length).toBe(outcome.blocks)
    expect(outcome.stoppedBy).toBe('decided')
    expect(stored.map(({ id }) => id)).toEqual(stored.map((_, index) => index))
    for (const trial of stored) expect(trialSchema.safeParse(trial).success).toBe(true)
  })

  it('opens no window before the queue is what it will be, by what the warm-up has shown', async () => {
    const slow = { counts: [1, 2], plan: { warmUpSeconds: 0.4, minBlocks: 3, maxBlocks: 3 } }
    // 16 clients of a limit of 20 requests per second: a queue of 0.8 s.
    const { ramps } = await run({ ...slow, app: { cpuMs: 1, waitMs: 50, poolSize: 1 } })
    const trials = ramps.filter((seconds) => seconds > 0)
    expect(trials.length).toBeGreaterThan(0)
    for (const seconds of trials) expect(seconds).toBeGreaterThan(0.7)
    const quick = (await run(slow)).ramps.filter((seconds) => seconds > 0)
    expect(new Set(quick)).toEqual(new Set([0.2]))
  })

  it('lets nobody leave for a throughput that is not what was asked', async () => {
    const plan = {
      minBlocks: 3,
      maxBlocks: 3,
      scoreBy: () => (one: Trial) => ({ ...one, throughputRps: 100 }),
    }
    expect((await run({ plan })).outcome.dropped).toEqual([])
    expect((await run({ plan: { minBlocks: 3, maxBlocks: 3 } })).outcome.dropped).not.toEqual([])
  })

  it('lets nobody leave that is good enough, unless its trials are not valid', async () => {
    // Two workers carry about 400 requests per second.
    const isEnough = (trials: readonly Trial[]) => trials.some(({ throughputRps }) => throughputRps > 300)
    const { outcome } = await run({ plan: { minBlocks: 3, maxBlocks: 3, isEnough } })
    expect(outcome.dropped).toEqual([])
    const none = await run({ plan: { minBlocks: 3, maxBlocks: 3, isEnough: () => false } })
    expect(none.outcome.dropped.length).toBeGreaterThan(0)
  })

  it('runs complete blocks: until something is dropped, every label and the twin once in each', async () => {
    const { outcome } = await run({ plan: { minBlocks: 3, maxBlocks: 3 } })
    const blocksOf = (label: string) => outcome.trials.get(label)!.map(({ block }) => block)
    for (const label of ['async-2x1000', 'async-3x1000']) expect(blocksOf(label)).toEqual([0, 1])
    for (const label of ['async-1x1000', twinLabel('async-1x1000'), 'async-4x1000']) {
      expect(blocksOf(label)).toEqual([0, 1, 2])
    }
  })

  it('orders blocks at random, and the same way for the same seed', async () => {
    const order = async (seed: number) =>
      (await run({ seed, plan: { minBlocks: 3, maxBlocks: 3 } })).stored.map(({ target }) => target).join()
    expect(await order(5)).toBe(await order(5))
    expect(await order(5)).not.toBe(await order(6))
  })

  it('starts no block that would not end before the deadline', async () => {
    // Five trials of 1.2 s a block: two fit into 15 s, a third would end at 18 s.
    const { outcome, fake } = await run({ plan: { deadlineMs: 15_000 } })
    expect(outcome).toMatchObject({ stoppedBy: 'deadline', blocks: 2 })
    expect(fake.clock.monotonicMs()).toBeLessThanOrEqual(15_000)
  })

  it('gives the first three blocks, without which it tells nothing, the time of what would follow', async () => {
    const { outcome, fake } = await run({ plan: { deadlineMs: 15_000, firstLookUntilMs: 20_000 } })
    expect(outcome).toMatchObject({ stoppedBy: 'deadline', blocks: 3 })
    expect(fake.clock.monotonicMs()).toBeLessThanOrEqual(20_000)
    const short = await run({ plan: { deadlineMs: 10_000, firstLookUntilMs: 15_000 } })
    expect(short.outcome).toMatchObject({ stoppedBy: 'deadline', blocks: 2 })
  })

  it('stops at the signal, between trials or within one, and keeps what is finished', async () => {
    for (const at of [0, 7]) {
      const controller = new AbortController()
      const onRun = (count: number) => {
        if (count === at) controller.abort()
      }
      const { outcome, stored } = await run({ onRun, signal: controller.signal })
      expect(outcome.stoppedBy).toBe('interrupted')
      expect(stored).toHaveLength(at)
    }
    const before = await run({ signal: AbortSignal.abort() })
    expect(before.outcome).toMatchObject({ stoppedBy: 'interrupted', blocks: 0 })
    expect(before.fake.loads).toHaveLength(0)
  })

  it('does not hide a fault of the generator', async () => {
    const onRun = (count: number) => {
      if (count === 3) throw new Error('the generator broke')
    }
    await expect(run({ onRun })).rejects.toThrow('the generator broke')
  })

  it('warms every contender up before the first block, without a trial', async () => {
    const { fake, stored } = await run({ plan: { warmUpSeconds: 0.5, minBlocks: 1, maxBlocks: 1 } })
    expect(fake.loads.slice(0, 4).map(({ windowSeconds }) => windowSeconds)).toEqual([0.5, 0.5, 0.5, 0.5])
    expect(stored).toHaveLength(5)
  })

  it('lets contenders go whose trials are not valid, but no control', async () => {
    const { outcome } = await run({ app: { cpuMs: 5, waitMs: 0, failingShare: 0.5 } })
    expect(outcome.dropped.map(({ why }) => why)).toEqual(['invalid', 'invalid', 'invalid'])
    expect(summarize(outcome.trials.get('async-1x1000')!)).toMatchObject({
      throughputRps: null,
      validTrials: 0,
      invalidReasons: ['non-2xx'],
    })
  })

  it('survives a target that can no longer be read', async () => {
    const fake = new FakeWorld({ app: { cpuMs: 5, waitMs: 0 }, effectiveCpus: 4 })
    const running = { ...fake.start(workers(1)), counters: () => Promise.reject(new Error('gone')) }
    const contender = {
      label: 'a',
      target: 'a',
      workload: null,
      configuration: workers(1),
      use: keptUp(running),
      connections: 4,
      rampSeconds: 0,
      control: true,
    }
    const { trials } = await race(
      {
        phase: 'race',
        contenders: [contender],
        twinOf: null,
        request: FAKE_REQUEST,
        windowSeconds: 1,
        timeoutSeconds: 10,
        warmUpSeconds: 0,
        minBlocks: 1,
        maxBlocks: 1,
        margin: 0.03,
        deadlineMs: 1e9,
      },
      {
        generator: fake.generator,
        clock: fake.clock,
        random: createRandom(1),
        nextId: trialNumbers(),
        onStart: () => undefined,
        onTrial: () => undefined,
      },
      new AbortController().signal,
    )
    expect(trials.get('a')![0]!.server).toBeNull()
  })

  it('starts and stops a rebooted target around each use, also when the work fails', async () => {
    const fake = new FakeWorld({ app: { cpuMs: 5, waitMs: 0 }, effectiveCpus: 4 })
    const use = rebooted(fake.target(workers(1)), new AbortController().signal)
    expect(await use(() => Promise.resolve(fake.running))).toBe(1)
    await expect(use(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(fake.running).toBe(0)
  })

  it(
    `keeps the best in at least 95 % of ${RACES} noisy races, and finds the true ratio`,
    async () => {
      let kept = 0
      let covered = 0
      for (let seed = 1; seed <= RACES; seed++) {
        // 10 % apart in truth, 8 % noise in every trial and a drifting machine: close calls, not caricatures.
        const scale = ({ workers: count }: Configuration) =>
          [1, 1.1, 1, 0.9, 0.8][count - 1]! / Math.min(count, 4)
        const { outcome } = await run({ seed, counts: [1, 2, 3, 4, 5], scale, noise: 0.08, drift: 0.05 })
        if (!outcome.dropped.some(({ label }) => label === 'async-2x1000')) kept++
        const effect = comparisonsOf(outcome.trials, 0.03)('async-1x1000').get('async-2x1000')!.effect
        if (effect.low! <= 1.1 && effect.high! >= 1.1) covered++
      }
      expect(kept / RACES).toBeGreaterThanOrEqual(0.95)
      expect(covered / RACES).toBeGreaterThanOrEqual(0.9)
    },
    RACES * 200,
  )
})
