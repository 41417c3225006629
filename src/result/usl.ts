/** Throughput measured with `n` workers (or connections). Several points may share an n: one for each block. */
export interface UslPoint {
  n: number
  throughputRps: number
  /** Inverse variance of ln(throughput), where points differ in it; 1 by default. */
  weight?: number
}

/** X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1)). */
export interface UslModel {
  /** Throughput of one alone, requests per second. */
  lambda: number
  /** Contention: the part that cannot run beside others. Asymptote lambda / sigma when kappa is 0. */
  sigma: number
  /** Coherency: what every pair costs. Above 0 the curve has a peak. */
  kappa: number
}

/** Different n: one more than the parameters; fewer would be drawn through, not fitted. */
export const FEWEST_USL_POINTS = 4
const MOST_STEPS = 60
const LEAST_SCALE = 1e-6
const CONVERGED = 1e-12

/** Gunther, _Guerrilla Capacity Planning_, 2007, ch. 4. */
export function uslThroughput({ lambda, sigma, kappa }: UslModel, n: number): number {
  return (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))
}

/** n of the highest throughput, at least 1; `null` where the curve never falls. */
export function uslPeak({ sigma, kappa }: UslModel): number | null {
  return kappa > 0 ? Math.max(1, Math.sqrt(Math.max(0, 1 - sigma) / kappa)) : null
}

/**
 * Fits the universal scalability law by least squares of ln X, because the error of a throughput is a part of it. With
 * y = n / X the law is linear, y = a + b (n - 1) + c n (n - 1) with lambda = 1/a, sigma = b/a and kappa = c/a, so each
 * Gauss-Newton step is a weighted linear regression. sigma and kappa may not be negative: a curve that is more than linear is an
 * error of the measurement (a cold first point), not a property of the server. The best of the four cases in which each is
 * free or 0 is the constrained optimum, because the cases cover its faces.
 *
 * `null` with less than four different n.
 */
export function fitUsl(points: readonly UslPoint[]): UslModel | null {
  const usable = points.filter(({ n, throughputRps }) => n >= 1 && throughputRps > 0)
  if (new Set(usable.map(({ n }) => n)).size < FEWEST_USL_POINTS) return null
  const cases = [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const
  const fits = cases
    .map(([contention, coherency]) => gaussNewton(usable, [true, contention, coherency]))
    .filter(({ coefficients: [a, b, c] }) => a > 0 && b >= 0 && c >= 0)
  const best = fits.reduce<Fitted | null>(
    (least, one) => (one.cost < (least?.cost ?? Infinity) ? one : least),
    null,
  )
  if (best === null) return null
  const [a, b, c] = best.coefficients
  return { lambda: 1 / a, sigma: b / a, kappa: c / a }
}

type Coefficients = [a: number, b: number, c: number]

interface Fitted {
  coefficients: Coefficients
  /** Weighted sum of squared log residuals. */
  cost: number
}

function regressors(n: number): Coefficients {
  return [1, n - 1, n * (n - 1)]
}

function gaussNewton(points: readonly UslPoint[], free: readonly boolean[]): Fitted {
  // From the regression of relative errors of y itself, or where that goes below zero, from perfect scaling.
  let coefficients = step(points, free, null)
  if (costOf(points, coefficients) === Infinity) {
    const meanY = points.reduce((sum, { n, throughputRps }) => sum + n / throughputRps, 0) / points.length
    coefficients = [meanY, 0, 0]
  }
  let cost = costOf(points, coefficients)
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const direction = step(points, free, coefficients)
    const along = (scale: number): Coefficients =>
      coefficients.map((value, index) => value + scale * (direction[index] ?? 0)) as Coefficients
    let scale = 1
    while (costOf(points, along(scale)) > cost && scale > LEAST_SCALE) scale /= 2
    const next = along(scale)
    const nextCost = costOf(points, next)
    if (nextCost >= cost * (1 - CONVERGED)) break
    coefficients = next
    cost = nextCost
  }
  return { coefficients, cost }
}

function costOf(points: readonly UslPoint[], [a, b, c]: Coefficients): number {
  return points.reduce((sum, { n, throughputRps, weight = 1 }) => {
    const y = a + b * (n - 1) + c * n * (n - 1)
    return y > 0 ? sum + weight * Math.log((throughputRps * y) / n) ** 2 : Infinity
  }, 0)
}

/**
 * Weighted linear regression by its normal equations: without `at` the coefficients of y itself, with it the Gauss-Newton step of
 * ln X - ln(n / y) from there. Coefficients that are not free stay 0.
 */
function step(points: readonly UslPoint[], free: readonly boolean[], at: Coefficients | null): Coefficients {
  const chosen = [0, 1, 2].filter((index) => free[index])
  const matrix = chosen.map(() => new Array<number>(chosen.length + 1).fill(0))
  for (const { n, throughputRps, weight = 1 } of points) {
    const row = regressors(n)
    const measured = n / throughputRps
    const y = at === null ? measured : at.reduce((sum, value, index) => sum + value * (row[index] ?? 0), 0)
    const target = at === null ? 1 : Math.log(measured / y)
    const scaled = chosen.map((index) => (row[index] ?? 0) / y)
    scaled.forEach((left, i) => {
      const equation = matrix[i] ?? []
      scaled.forEach((right, j) => (equation[j] = (equation[j] ?? 0) + weight * left * right))
      equation[chosen.length] = (equation[chosen.length] ?? 0) + weight * left * target
    })
  }
  const solved = solve(matrix)
  const result: Coefficients = [0, 0, 0]
  chosen.forEach((index, position) => (result[index] = solved[position] ?? 0))
  return result
}

/** Gauss-Jordan with pivots; the matrix is at most 3 x 3 and is consumed. */
function solve(matrix: number[][]): number[] {
  const size = matrix.length
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(matrix[row]?.[column] ?? 0) > Math.abs(matrix[pivot]?.[column] ?? 0)) pivot = row
    }
    const chosen = matrix[pivot] ?? []
    matrix[pivot] = matrix[column] ?? []
    matrix[column] = chosen
    const scale = chosen[column] ?? 0
    for (let index = 0; index <= size; index++) chosen[index] = (chosen[index] ?? 0) / scale
    matrix.forEach((equation, row) => {
      const factor = equation[column] ?? 0
      if (row === column || factor === 0) return
      for (let index = 0; index <= size; index++)
        equation[index] = (equation[index] ?? 0) - factor * (chosen[index] ?? 0)
    })
  }
  return matrix.map((equation) => equation[size] ?? 0)
}
