import { probeOf } from '../advisor/probe-label.js'
import { milliseconds } from '../advisor/wording.js'
import type { Workload } from '../result/analysis.js'
import { EXIT, TuneError } from '../result/error.js'
import { objectiveText } from '../result/objective.js'
import type { Question } from '../result/question.js'
import type { Trial } from '../result/trial.js'

/** Of the first seconds of a process: its code is not yet as fast as it will be. */
const STILL_WARMING = 1.25

/**
 * What half of the requests of a single client miss, no percentile keeps under load, in no configuration: no search is needed to know. But where a request
 * may wait for threads of libuv's pool, a larger one makes it faster alone.
 * @throws TuneError `TUNE_E_OBJECTIVE` (exit 5)
 */
export function assertObjective(
  { slo: objective, candidates }: Pick<Question, 'slo' | 'candidates'>,
  { class: workloadClass, poolThreads }: Pick<Workload, 'class' | 'poolThreads'>,
  trials: readonly Trial[],
): void {
  const mayBePool = workloadClass === 'offloop-cpu' || poolThreads !== undefined
  if (mayBePool || candidates.some(({ threadPool }) => threadPool !== undefined)) return
  const medianUs = probeOf(trials)?.latencyUs.p50 ?? null
  if (objective === null || medianUs === null || medianUs <= STILL_WARMING * objective.limitUs) return
  throw new TuneError(
    `No configuration keeps ${objectiveText(objective)}: a single client, with nobody before it, waits ${milliseconds(medianUs / 1000)} for an answer (median)`,
    {
      code: 'TUNE_E_OBJECTIVE',
      exit: EXIT.inconclusive,
      suggestions: [
        'Make the request faster, or ask for an objective above what it takes alone',
        'Run tune analyze without --slo to see where its time goes',
      ],
    },
  )
}
