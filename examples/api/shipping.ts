/** Depots in a grid; parcels travel from depot to depot, and each road has a price per kilogram. */
const SIDE = 40
const DEPOTS = SIDE * SIDE
const HOME = 0

export interface Quote {
  cents: number
  stops: number
}

/** The cheapest way from the central depot to the one that serves the zip code (Bellman-Ford, until nothing improves). */
export function cheapestRoute(zip: number, weightKg: number): Quote {
  const goal = Math.floor(((zip - 1000) / 9000) * DEPOTS)
  const cents = new Float64Array(DEPOTS).fill(Infinity)
  const stops = new Uint16Array(DEPOTS)
  cents[HOME] = 0
  for (let improved = true; improved;) {
    improved = false
    for (let depot = 0; depot < DEPOTS; depot++) {
      for (const next of neighbours(depot)) {
        const price = (cents[depot] ?? Infinity) + roadCents(depot, next) * weightKg
        if (price < (cents[next] ?? Infinity)) {
          cents[next] = price
          stops[next] = (stops[depot] ?? 0) + 1
          improved = true
        }
      }
    }
  }
  return { cents: Math.round(cents[goal] ?? 0), stops: stops[goal] ?? 0 }
}

function neighbours(depot: number): number[] {
  const column = depot % SIDE
  return [
    column > 0 ? depot - 1 : -1,
    column < SIDE - 1 ? depot + 1 : -1,
    depot - SIDE,
    depot + SIDE < DEPOTS ? depot + SIDE : -1,
  ].filter((next) => next >= 0)
}

/** Roads differ in price, but always by the same rule. */
function roadCents(from: number, to: number): number {
  return 5 + ((from * 31 + to * 17) % 23)
}
