import type { Workload } from '../result/analysis.js'
import { loopsOf } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import { slowEachOther } from '../result/slowed.js'
import { inWords } from './sentences.js'

const LIMITS: Record<Workload['limitedBy'], string> = {
  cpu: 'CPU',
  'event-loop': 'the event loop',
  'thread-pool': "threads or processes outside of the event loop (libuv's pool, worker threads, ...)",
  downstream: 'something behind the app (a pool, a database, another service)',
  generator: 'the load generator, so the app can do more than was measured',
  nothing: 'nothing ran out under the load that was tried',
  unknown: 'not known: there is no trial under overload that may be believed',
}

const SLOWED =
  'requests that slow each other down (a lock, a database, another service), not CPU or event loop'

const OF_PROBE = 'in the probe of one worker'

/** What ran out first at saturation: of one worker alone, and before it of the answer where the findings tell that this is another. */
export function limitedBy(
  workload: Workload,
  { recommendation, findings }: Pick<AnalyzeDocument, 'recommendation' | 'findings'>,
): string {
  const isSlowed = workload.limitedBy === 'downstream' && slowEachOther(workload)
  const probed = `${isSlowed ? SLOWED : LIMITS[workload.limitedBy]}, ${OF_PROBE}`
  const ofAnswer = findings.find((finding) => finding.limitedBy !== undefined)?.limitedBy
  if (ofAnswer === undefined || ofAnswer === workload.limitedBy || recommendation === null) return probed
  const { configuration } = recommendation
  const answered = `${LIMITS[ofAnswer]}, with ${inWords(configuration)}`
  // One loop is what the probe had, and cannot have two limits; libuv's pool of another size is another thing.
  return loopsOf(configuration) === 1 && configuration.threadPool === undefined
    ? answered
    : `${answered}; ${probed}`
}
