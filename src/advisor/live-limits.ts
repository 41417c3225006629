// Limits by which the counters of a running server are judged.

/** Below this many requests in the window the figures are chance. */
export const FEWEST_REQUESTS = 20
/** From here on a resource counts as full, and below here as spare: between them is room for bursts. */
export const FULL = 0.8
export const SPARE = 0.3
/** What is aimed at when a number of workers is derived. */
export const AIM = 0.6
