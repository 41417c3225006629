import { createRandom } from './random.js'

/** Up to here every pattern of signs is enumerated: 2^20 patterns take a few milliseconds. */
const EXACT_UP_TO = 20
const SAMPLED_PATTERNS = 20_000

/**
 * Two-sided sign-flip (Fisher-Pitman) permutation test that paired differences are symmetric around zero. Exact up
 * to 20 pairs, so the smallest p is 2 / 2^B and six blocks are needed to get below 0.05. Beyond, patterns are drawn
 * with a fixed seed and p = (hits + 1) / (draws + 1), which stays a valid p value (Phipson & Smyth 2010).
 */
export function signFlipTest(differences: readonly number[]): number {
  if (differences.length === 0) return 1
  const observed = Math.abs(total(differences))
  // Sums over the same numbers in another order differ in the last bits; equal patterns must still count as equal.
  const threshold = observed - 1e-9 * differences.reduce((sum, value) => sum + Math.abs(value), 0)
  return differences.length <= EXACT_UP_TO ? exact(differences, threshold) : sampled(differences, threshold)
}

/** Walks all sign patterns in Gray code order: one sign changes per step, so a step costs one addition. */
function exact(differences: readonly number[], threshold: number): number {
  const patterns = 2 ** differences.length
  const signed = [...differences]
  let sum = total(signed)
  let hits = 0
  for (let step = 1; step <= patterns; step++) {
    if (Math.abs(sum) >= threshold) hits++
    const flip = Math.min(31 - Math.clz32(step & -step), differences.length - 1)
    const value = signed[flip] ?? 0
    signed[flip] = -value
    sum -= 2 * value
  }
  return hits / patterns
}

function sampled(differences: readonly number[], threshold: number): number {
  const random = createRandom(differences.length)
  let hits = 0
  for (let draw = 0; draw < SAMPLED_PATTERNS; draw++) {
    const sum = differences.reduce((sum, value) => sum + (random() < 0.5 ? value : -value), 0)
    if (Math.abs(sum) >= threshold) hits++
  }
  return (hits + 1) / (SAMPLED_PATTERNS + 1)
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
