/** Integer arithmetic without allocation, so that a round costs the same in every worker: xorshift steps. */
export function sameWork(rounds: number): number {
  let state = 0x9e3779b9
  for (let round = 0; round < rounds; round++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state >>> 0
}

/** A parameter that the caller set in the environment. */
export function parameter(name: 'TUNE_WAIT_MS' | 'TUNE_ROUNDS', fallback: number): number {
  const value = Number(process.env[name] ?? fallback)
  return Number.isFinite(value) && value >= 0 ? value : fallback
}
