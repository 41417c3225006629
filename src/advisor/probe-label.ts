import type { Trial } from '../result/trial.js'

/** Target of the probe; the requests of a mix are probed as `probe <name>`. */
export const PROBE_LABEL = 'probe'

/** The probe that the model rests on: of a mix, each request was probed by itself after it. */
export function probeOf(trials: readonly Trial[]): Trial | undefined {
  return trials.findLast(({ phase, target }) => phase === 'probe' && target === PROBE_LABEL)
}

export function routeLabel(name: string): string {
  return `${PROBE_LABEL} ${name}`
}
