import { mostGenerators } from '../load/index.js'
import type { Trial } from '../result/trial.js'

/** Of a core: a trial in which a generator used 85 % is not believed, and of 70 % in the mean one in five was. */
const GENERATOR_SHARE = 0.6
/** Of a core, from where on a generator spends its time on requests. */
const BUSY_ENOUGH = 0.3
/** Small answers took 0.03 to 0.05 ms of a generator. */
const COMMON_REQUEST_SECONDS = 5e-5

/**
 * Requests per second that the load generators send before they are the limit themselves, from what a request took of them under overload. Where they had
 * little to do that is mostly what they take without any request, so it counts as no more than a common one takes.
 */
export function generatorRps(
  {
    throughputRps,
    generatorCpu,
    generators = 1,
  }: Pick<Trial, 'throughputRps' | 'generatorCpu' | 'generators'>,
  effectiveCpus: number,
): number {
  const secondsEach = (generatorCpu * generators) / throughputRps
  const known = generatorCpu >= BUSY_ENOUGH ? secondsEach : Math.min(secondsEach, COMMON_REQUEST_SECONDS)
  return known > 0 ? (GENERATOR_SHARE * mostGenerators(effectiveCpus)) / known : Infinity
}
