import type { Trial } from '../result/trial.js'

/** Id of experiment/disturbances.ts: one worker answered far more than its share. */
const UNEVEN = 'uneven-workers'
/** A loop this busy is the limit; below, the others would only have idled more evenly. */
const BUSY_LOOP = 0.85

/**
 * Between two versions of an app, which worker gets a connection that stays open is luck and nothing of the code: with all of them on
 * one of two workers, an app that computes serves half as much. A trial in which that happened, and in which the crowded worker was the
 * limit, is no sample of its version. (Between configurations it is one: how a server spreads its clients belongs to it.)
 */
export function withoutAcceptLuck(trial: Trial): Trial {
  const { validity, server } = trial
  const warning = validity.warnings.find(({ id }) => id === UNEVEN)
  if (warning === undefined || (server?.loopUtilization ?? 0) < BUSY_LOOP) return trial
  return {
    ...trial,
    validity: {
      ...validity,
      ok: false,
      reasons: [...validity.reasons, { ...warning, id: 'crowded-worker' }],
    },
  }
}
