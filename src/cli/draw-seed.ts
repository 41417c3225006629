import { randomInt } from 'node:crypto'

/** Short enough to be typed again. */
const SEEDS = 1_000_000

/** A seed for a run that was given none; the report names it. */
export function drawSeed(): number {
  return randomInt(SEEDS)
}
