/**
 * Holm's step-down adjustment (Scand. J. Statist. 6, 1979): reject where the adjusted p is at most alpha, and the
 * chance of any false rejection in the family stays at most alpha, whatever the dependence between the tests.
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p)
  const adjusted = new Array<number>(pValues.length).fill(1)
  let running = 0
  ascending.forEach(({ p, index }, rank) => {
    running = Math.max(running, Math.min(1, p * (pValues.length - rank)))
    adjusted[index] = running
  })
  return adjusted
}
