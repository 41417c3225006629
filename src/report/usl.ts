/**
 * The Universal Scalability Law (N. J. Gunther, Guerrilla Capacity Planning, 2007): X(n) = λ n / (1 + σ (n - 1) + κ n (n - 1)), with
 * contention σ (what is done by one at a time) and coherency κ (what each has to settle with each other).
 */
export interface UslFit {
  /** Throughput of one. */
  lambda: number
  sigma: number
  kappa: number
}

export interface ScalingPoint {
  count: number
  throughput: number
}

/** Three unknowns: with fewer points the curve would go through all of them, whatever they are. */
const FEWEST_POINTS = 4
/** Of the throughput; a curve that misses its points by more describes something else. */
const WORST_FIT = 0.1

export function uslThroughput({ lambda, sigma, kappa }: UslFit, count: number): number {
  return (lambda * count) / (1 + sigma * (count - 1) + kappa * count * (count - 1))
}

/**
 * Least squares on n / X = (1 - σ) / λ + ((σ - κ) / λ) n + (κ / λ) n², which is linear in its coefficients; each point weighs by its
 * throughput, so that relative errors count alike. `null` where there are fewer than four points, where the law would need a negative
 * coefficient, or where it misses a point by more than 10 %.
 */
export function fitUsl(points: readonly ScalingPoint[]): UslFit | null {
  const usable = points.filter(({ throughput }) => throughput > 0)
  if (new Set(usable.map(({ count }) => count)).size < FEWEST_POINTS) return null
  const rows = usable.map(({ count, throughput }) => {
    const weight = throughput / count
    return { x: [weight, weight * count, weight * count * count], y: 1 }
  })
  const solved = leastSquares(rows)
  if (solved === null) return null
  const [constant = 0, linear = 0, square = 0] = solved
  // At n = 1 the three add up to 1 / λ.
  const lambda = 1 / (constant + linear + square)
  const kappa = square * lambda
  const sigma = linear * lambda + kappa
  const fit = { lambda, sigma: Math.max(0, sigma), kappa: Math.max(0, kappa) }
  if (!(lambda > 0) || sigma < -0.05 || kappa < -0.01) return null
  const misses = usable.map(({ count, throughput }) => Math.abs(uslThroughput(fit, count) / throughput - 1))
  return Math.max(...misses) > WORST_FIT ? null : fit
}

/** Coefficients that minimise the squared errors, by the normal equations and Gauss's elimination with pivots. */
function leastSquares(rows: readonly { x: number[]; y: number }[]): number[] | null {
  const size = rows[0]?.x.length ?? 0
  const indices = Array.from({ length: size }, (_, index) => index)
  const sum = (of: (row: { x: number[]; y: number }) => number): number =>
    rows.reduce((total, row) => total + of(row), 0)
  const table = indices.map((i) => [
    ...indices.map((j) => sum(({ x }) => (x[i] ?? 0) * (x[j] ?? 0))),
    sum(({ x, y }) => (x[i] ?? 0) * y),
  ])
  for (const column of indices) {
    const pivot = indices
      .filter((row) => row >= column)
      .reduce(
        (best, row) =>
          Math.abs(table[row]?.[column] ?? 0) > Math.abs(table[best]?.[column] ?? 0) ? row : best,
        column,
      )
    const [own, other] = [table[pivot], table[column]]
    if (own === undefined || other === undefined || Math.abs(own[column] ?? 0) < 1e-12) return null
    table[column] = own
    if (pivot !== column) table[pivot] = other
    for (const row of indices.filter((index) => index !== column)) {
      const target = table[row] ?? []
      const factor = (target[column] ?? 0) / (own[column] ?? 1)
      table[row] = target.map((value, index) => value - factor * (own[index] ?? 0))
    }
  }
  return indices.map((index) => (table[index]?.[size] ?? 0) / (table[index]?.[index] ?? 1))
}
