import { describe, expect, it, vi } from 'vitest'
import { compare } from '../../../src/experiment/compare.js'
import { createRandom, type Random } from '../../../src/experiment/random.js'
import { shuffled } from '../../../src/experiment/random.js'
import type { Verdict } from '../../../src/result/analysis.js'
import { normal } from '../../helpers/fakes.js'

// Tens of thousands of experiments: seconds of computing, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const EXPERIMENTS = 2000
const MARGIN = 0.03

interface Truth {
  /** X of the candidate divided by that of the control. */
  ratio: number
  blocks: number
  /** SD of ln X of one trial, and of the step that the machine's speed takes after each. */
  noise: number
  drift: number
}

/** One experiment: blocks of two trials in random order on a machine whose speed wanders. */
function experiment({ ratio, blocks, noise, drift }: Truth, random: Random): Verdict {
  let speed = 0
  const trial = (truth: number): number => {
    speed += drift * normal(random)
    return Math.log(truth) + speed + noise * normal(random)
  }
  const logRatios = Array.from({ length: blocks }, () => {
    const log = { candidate: 0, control: 0 }
    for (const who of shuffled(['candidate', 'control'] as const, random)) {
      log[who] = trial(who === 'candidate' ? ratio : 1)
    }
    return log.candidate - log.control
  })
  return compare(logRatios, MARGIN)?.verdict ?? 'inconclusive'
}

/** Share of each verdict over all seeded experiments. */
function verdicts(truth: Truth): Record<Verdict, number> {
  const shares = { better: 0, worse: 0, equivalent: 0, inconclusive: 0 }
  for (let seed = 0; seed < EXPERIMENTS; seed++) {
    shares[experiment(truth, createRandom(seed))] += 1 / EXPERIMENTS
  }
  return shares
}

// Trials of one second that alternate between servers which stay up: pairs scatter by 0.7 to 3 %, while
// the raw throughput wanders by several per cent over a run.
const USUAL = { noise: 0.01, drift: 0.01 }
const NOISY = { noise: 0.02, drift: 0.02 }

describe(`verdicts over ${EXPERIMENTS} experiments with known truth, drift and noise`, () => {
  it.each([
    ['usual, 6 blocks', { ...USUAL, blocks: 6 }],
    ['usual, 10 blocks', { ...USUAL, blocks: 10 }],
    ['noisy, 6 blocks', { ...NOISY, blocks: 6 }],
    ['noisy, 10 blocks', { ...NOISY, blocks: 10 }],
  ])('identical configurations are called different in at most 5 %%: %s', (_, machine) => {
    const { better, worse } = verdicts({ ...machine, ratio: 1 })
    expect(better + worse).toBeLessThanOrEqual(0.05)
  })

  it.each([
    ['at the margin, usual', { ...USUAL, blocks: 8, ratio: 1 + MARGIN }],
    ['at the margin, noisy', { ...NOISY, blocks: 8, ratio: 1 / (1 + MARGIN) }],
  ])(
    'a difference of just the margin is neither equivalent nor beyond it, but in 5 %% each: %s',
    (_, truth) => {
      const { better, worse, equivalent } = verdicts(truth)
      expect(equivalent).toBeLessThanOrEqual(0.05)
      expect(better + worse).toBeLessThanOrEqual(0.05)
    },
  )

  it('equivalent is right in at least 95 % of the cases in which it is said', () => {
    // Half of the candidates are equal, half differ by more than the margin.
    const said = { right: 0, wrong: 0 }
    said.right += verdicts({ ...USUAL, blocks: 10, ratio: 1 }).equivalent
    said.wrong += verdicts({ ...USUAL, blocks: 10, ratio: 1.035 }).equivalent
    expect(said.right).toBeGreaterThan(0.5)
    expect(said.right / (said.right + said.wrong)).toBeGreaterThanOrEqual(0.95)
  })

  it('a true 5 % is never mistaken for a loss, and a true 10 % is found in at least 90 %', () => {
    expect(verdicts({ ...NOISY, blocks: 6, ratio: 1.05 }).worse).toBeLessThanOrEqual(0.001)
    expect(verdicts({ ...USUAL, blocks: 6, ratio: 1.1 }).better).toBeGreaterThanOrEqual(0.9)
    expect(verdicts({ ...USUAL, blocks: 6, ratio: 0.9 }).worse).toBeGreaterThanOrEqual(0.9)
  })

  it.each([6, 8, 10])('a true 5 %% is found in at least 90 %% with %i blocks of quiet pairs', (blocks) => {
    // To clear a margin of 3 % surely, 2 % have to be told from nothing: pairs may scatter by about 1 %.
    expect(verdicts({ noise: 0.005, drift: 0.005, blocks, ratio: 1.05 }).better).toBeGreaterThanOrEqual(0.9)
  })
})
