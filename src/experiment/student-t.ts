/**
 * Student's t distribution for whole degrees of freedom, which is all that paired blocks need. The finite sums are
 * exact: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even).
 */
export function tCdf(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0
  const theta = Math.atan(t / Math.sqrt(degreesOfFreedom))
  const central =
    degreesOfFreedom % 2 === 1 ? oddCentral(theta, degreesOfFreedom) : evenCentral(theta, degreesOfFreedom)
  return (1 + central) / 2
}

/** The value that a t variable stays below with probability `p`, 0 < p < 1. */
export function tQuantile(p: number, degreesOfFreedom: number): number {
  if (p === 0.5) return 0
  if (p < 0.5) return -tQuantile(1 - p, degreesOfFreedom)
  let high = 1
  while (tCdf(high, degreesOfFreedom) < p) high *= 2
  let low = 0
  // Bisection: the function is monotone, and 200 halvings end at the resolution of a double.
  for (let step = 0; step < 200 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2
    if (tCdf(middle, degreesOfFreedom) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(-t < T < t) with its sign, for odd degrees of freedom. */
function oddCentral(theta: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom === 1) return (2 * theta) / Math.PI
  const cosine = Math.cos(theta)
  let term = cosine
  let sum = term
  for (let power = 3; power <= degreesOfFreedom - 2; power += 2) {
    term *= ((power - 1) / power) * cosine ** 2
    sum += term
  }
  return (2 / Math.PI) * (theta + Math.sin(theta) * sum)
}

function evenCentral(theta: number, degreesOfFreedom: number): number {
  const cosine = Math.cos(theta)
  let term = 1
  let sum = term
  for (let power = 2; power <= degreesOfFreedom - 2; power += 2) {
    term *= ((power - 1) / power) * cosine ** 2
    sum += term
  }
  return Math.sin(theta) * sum
}
