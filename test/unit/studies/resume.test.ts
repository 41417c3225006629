import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configurationKey } from '../../../src/result/configuration.js'
import type { Trial } from '../../../src/result/trial.js'
import { onlyBundled, matrix, type MatrixSettings, type Subject } from '../../../src/studies/matrix.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine } from '../../helpers/fakes.js'

const SETTINGS: MatrixSettings = {
  name: 'bench',
  app: null,
  axes: { classes: ['sync', 'async'], workers: [1], threads: [1], connections: [8] },
  windowSeconds: 1,
  blocks: 2,
  repeats: 3,
  seed: 9,
  request: FAKE_REQUEST,
}
/** Two workloads of four cells and a twin, in three starts of two blocks. */
const TRIALS = 2 * 5 * 3 * 2

async function run(
  recorded: readonly Trial[] = [],
  onTrial: (saved: number) => void = () => undefined,
  controller = new AbortController(),
) {
  const world = new FakeWorld({ app: { cpuMs: 2, waitMs: 4 }, effectiveCpus: 2 })
  const started: string[] = []
  const subject = (name: string): Subject => ({
    name,
    description: '',
    request: FAKE_REQUEST,
    servers: [
      onlyBundled((configuration, label) => {
        started.push(`${name}/${configurationKey(configuration)}`)
        return world.target(configuration, label)
      }),
    ],
  })
  const saved: Trial[] = []
  const silent = () => undefined
  const tools = {
    toolVersion: '0',
    machine: fakeMachine(),
    generator: world.generator,
    clock: world.clock,
    progress: { phase: silent, trialStarted: silent, trialFinished: silent, note: silent },
    saveTrial: (trial: Trial) => {
      saved.push(trial)
      onTrial(saved.length)
    },
  }
  const document = await matrix(SETTINGS, [subject('io'), subject('cpu')], tools, controller.signal, recorded)
  return { document, saved, started, world }
}

const identity = ({ id, target, block, load }: Trial) => `${id} ${target} ${block} ${load.connections}`

describe('a matrix that is resumed', () => {
  it('has the trials of an uninterrupted one, none twice and none lost, wherever it was cut', async () => {
    const whole = await run()
    expect(whole.saved).toHaveLength(TRIALS)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: TRIALS }), async (cut) => {
        const recorded = whole.saved.slice(0, cut)
        const resumed = await run(recorded)
        expect([...recorded, ...resumed.saved].map(identity)).toEqual(whole.saved.map(identity))
        expect(resumed.document.trials.map(identity)).toEqual(whole.saved.map(identity))
        expect(resumed.document.trials.slice(0, cut)).toEqual(recorded)
        expect(resumed.document.cells).toHaveLength(whole.document.cells.length)
        expect(resumed.world.running).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('can be cut and resumed again and again', async () => {
    const whole = await run()
    let recorded: Trial[] = []
    for (let round = 0; recorded.length < TRIALS; round++) {
      expect(round).toBeLessThan(TRIALS)
      const controller = new AbortController()
      const { saved } = await run(
        recorded,
        (count) => count === 4 && controller.abort(new Error('cut')),
        controller,
      )
      recorded = [...recorded, ...saved]
    }
    expect(recorded.map(identity)).toEqual(whole.saved.map(identity))
  })

  it('starts no server of a workload that was finished', async () => {
    const whole = await run()
    const { started } = await run(whole.saved.slice(0, TRIALS / 2 + 1))
    expect(started.every((name) => name.startsWith('cpu/'))).toBe(true)
    expect((await run(whole.saved)).started).toEqual([])
  })

  it('starts the servers anew as often as it still has to', async () => {
    const whole = await run()
    expect(whole.started).toHaveLength(2 * 4 * 3)
    expect(
      whole.saved.filter(({ workload }) => workload === 'io').map(({ start, block }) => `${start}/${block}`),
    ).toEqual(
      [0, 0, 1, 1, 2, 2].flatMap((start, block) => Array.from({ length: 5 }, () => `${start}/${block}`)),
    )
    // The first start of the second workload was finished.
    const { started } = await run(whole.saved.slice(0, TRIALS / 2 + 10))
    expect(started).toHaveLength(4 * 2)
    expect(whole.document.plan).toMatchObject({ blocks: 2, repeats: 3 })
    expect(whole.document.cells.every(({ effect }) => effect === null || effect.blocks === 3)).toBe(true)
  })

  it('refuses trials that are not of its plan', async () => {
    const { saved } = await run()
    const [first, second] = saved
    await expect(run([second!, first!])).rejects.toMatchObject({ code: 'TUNE_E_RESUME', exit: 2 })
  })
})
