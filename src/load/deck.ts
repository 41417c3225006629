const MOST_CARDS = 1000

/** Uniform on [0, 1): mulberry32 (T. Ettinger, public domain), which is plenty for shuffling a pack. */
export function uniform(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * The order in which requests of a mix are sent: a pack of cards, each request on as many as its weight says, shuffled anew when it is used
 * up. Shares are exact after every pack, so two trials differ in what they sent by less than one pack, and no request follows
 * another by rule.
 *
 * @param random uniform on [0, 1); seeded, so that every trial of a run sends the same order
 * @returns draws the index of the next request
 */
export function createDeck(weights: readonly number[], random: () => number): () => number {
  const cards = dealtCards(weights)
  let next = cards.length
  return () => {
    if (next === cards.length) {
      next = 0
      shuffle(cards, random)
    }
    return cards[next++] ?? 0
  }
}

/** Whole weights as they are, divided by what they have in common; others by largest remainder over a thousand cards. */
export function dealtCards(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const whole = weights.every((weight) => Number.isInteger(weight))
  const divisor = whole ? weights.reduce(greatestCommonDivisor) : 1
  const counts =
    whole && total / divisor <= MOST_CARDS
      ? weights.map((weight) => weight / divisor)
      : largestRemainder(weights.map((weight) => (weight / total) * MOST_CARDS))
  return counts.flatMap((count, index) => new Array<number>(count).fill(index))
}

/** No request is left out, however small its weight. */
function largestRemainder(exact: readonly number[]): number[] {
  const counts = exact.map((count) => Math.max(1, Math.floor(count)))
  const byRemainder = exact
    .map((count, index) => ({ index, remainder: count - Math.floor(count) }))
    .sort((a, b) => b.remainder - a.remainder)
  let missing = MOST_CARDS - counts.reduce((sum, count) => sum + count, 0)
  for (const { index } of byRemainder) {
    if (missing-- <= 0) break
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

function shuffle(cards: number[], random: () => number): void {
  for (let last = cards.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1))
    const held = cards[last] ?? 0
    cards[last] = cards[pick] ?? 0
    cards[pick] = held
  }
}
