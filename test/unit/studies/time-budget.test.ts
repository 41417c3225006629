import fc from 'fast-check'
import { expect, it } from 'vitest'
import { analyzeFake } from '../../helpers/fake-analysis.js'

const SHORT_SECONDS = 45

// Simulated trials take exactly their ramp and window. What a real run adds to that, boots and the reading of counters, the race
// learns from its own trials before it starts another block: the committed sample used 86 of 90 seconds.
it('an analysis keeps its time budget within 10 %, whatever the app, the machine and the budget, or refuses a short one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        cpuMs: fc.double({ min: 0.1, max: 20, noNaN: true }),
        waitMs: fc.double({ min: 0, max: 100, noNaN: true }),
        blocking: fc.boolean(),
      }),
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: 30, max: 300 }),
      fc.integer({ min: 0, max: 1000 }),
      async (app, effectiveCpus, budgetSeconds, seed) => {
        const noise = { noise: 0.03, drift: 0.02 }
        try {
          const { document } = await analyzeFake({ app, effectiveCpus, budgetSeconds, seed, ...noise })
          expect(document.durationSeconds).toBeLessThanOrEqual(1.1 * budgetSeconds)
        } catch (error) {
          // Of an app that answers twelve times a second half a minute may not hold one block; it is refused after the probe.
          expect(error).toMatchObject({ code: 'TUNE_E_TOO_SHORT' })
          expect(budgetSeconds).toBeLessThan(SHORT_SECONDS)
        }
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)

it.each([0, 0.5, 1, 2, 3])(
  'trials that take %d s more than planned begin no confirmation in vain',
  async (slow) => {
    const app = { cpuMs: 5, waitMs: 0 }
    const more = { betweenTrialsSeconds: slow, noise: 0.01 }
    const { document } = await analyzeFake({ app, effectiveCpus: 2, budgetSeconds: 90, ...more })
    const trials = document.trials.filter(({ phase }) => phase === 'confirmation')
    expect(document.confirmation!.blocks === 0).toBe(trials.length === 0)
    expect(document.durationSeconds).toBeLessThanOrEqual(99)
  },
)

it.each([2, 4, 6])('servers that take %i s to start leave a race of three blocks', async (startSeconds) => {
  const app = { cpuMs: 5, waitMs: 0 }
  const { document } = await analyzeFake({
    app,
    effectiveCpus: 2,
    budgetSeconds: 90,
    startSeconds,
    noise: 0.01,
  })
  const blocks = document.trials.filter(({ phase }) => phase === 'race').map(({ block }) => block)
  expect(new Set(blocks).size).toBeGreaterThanOrEqual(3)
  expect(document.recommendation).toMatchObject({ action: 'change', configuration: { workers: 2 } })
  expect(document.durationSeconds).toBeLessThanOrEqual(99)
})
