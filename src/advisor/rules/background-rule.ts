import { LEAST_BACKGROUND_CORES } from '../background.js'
import { inWords, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import { computingLoops } from './server-traits.js'

/** Of the CPUs, from which on it is worth a warning. */
const MUCH = 0.1

/** Work that each worker does again, whether it serves or not. */
export function background({
  background: found,
  recommended,
  machine,
  server,
}: RuleContext): KnownFinding | null {
  if (found === null) return null
  const { effectiveCpus } = machine
  const cores = found.cores * computingLoops(recommended, server)
  const loop = found.loopShare === null ? '' : ` and ${percent(found.loopShare)} of its event loop`
  return {
    id: 'TUNE-APP-BACKGROUND',
    level: cores >= MUCH * effectiveCpus ? 'warn' : 'info',
    title: 'Workers are busy while nobody asks them anything',
    observed: `one idle worker uses ${number(found.cores)} cores${loop}; ${inWords(recommended)} use ${number(cores)} of ${number(effectiveCpus)} CPUs`,
    rule: `at most ${number(LEAST_BACKGROUND_CORES)} cores a worker`,
    advice:
      'Each worker does it again: timers, polling, caches that are filled anew. Let one process of its own do it, or do it less often; no request gets what it takes.',
    evidence: 'measured',
  }
}
