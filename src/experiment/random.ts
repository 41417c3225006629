/** A stream of uniform numbers in [0, 1) that a seed reproduces exactly. */
export type Random = () => number

/**
 * sfc32, the 128-bit "small fast counter" generator of PractRand (C. Doty-Humphrey). Its state is filled from the
 * seed by splitmix32 (the finaliser of MurmurHash3), so neighbouring seeds give unrelated streams.
 */
export function createRandom(seed: number): Random {
  const mix = splitmix32(seed)
  let a = mix()
  let b = mix()
  let c = mix()
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 2 ** 32
  }
  // The author's own seeding discards the first outputs, in which the counter has not reached every bit yet.
  for (let discarded = 0; discarded < 12; discarded++) next()
  return next
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x85ebca6b)
    mixed ^= mixed >>> 13
    mixed = Math.imul(mixed, 0xc2b2ae35)
    return mixed ^ (mixed >>> 16)
  }
}

/** A new array in uniformly random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1))
    const held = order[last] as T
    order[last] = order[pick] as T
    order[pick] = held
  }
  return order
}
