import type { RateDocument, RateProbe, RateSubject } from '../../result/rate-document.js'
import { formatLatency, formatRate } from '../format.js'
import { inWords } from '../sentences.js'

/** Latency at a rate, or the largest rate that meets the objective, for each configuration. */
export function renderRateTerminal(document: RateDocument, folder: string): string {
  const { objective, subjects, status, arrivals } = document
  const aim = objective === null ? '' : `, ${objective.percentile} below ${formatLatency(objective.limitUs)}`
  const lines = [
    `Open load, ${arrivals} arrivals${aim}; latency from the instant at which each request was due`,
    ...(status === 'interrupted' ? ['Interrupted: what follows is not complete'] : []),
    ...subjects.flatMap((subject) => ['', ...subjectLines(subject)]),
    '',
    `Files  ${folder}/rate.json`,
  ]
  return `${lines.join('\n')}\n`
}

function subjectLines({ configuration, probes, largest }: RateSubject): string[] {
  const answer = largest === null ? '' : `: ${answerOf(largest)}`
  return [`${inWords(configuration)}${answer}`, ...probes.map(probeLine)]
}

function answerOf({ met, failed }: NonNullable<RateSubject['largest']>): string {
  if (met === null) return 'no rate that was tried meets the objective'
  const above = failed === null ? 'no limit was found' : `${formatRate(failed)} does not`
  return `${formatRate(met)} req/s meets the objective, ${above}`
}

function probeLine({ ratePerSecond, outcome, why, believed }: RateProbe): string {
  const { latencyUs, latenessUs } = outcome
  const mark = why === null ? '[OK]' : believed ? '[!!]' : '[--]'
  const figures = `p50 ${formatLatency(latencyUs.p50)}  p95 ${formatLatency(latencyUs.p95)}  p99 ${formatLatency(latencyUs.p99)}`
  const late = `sent ${formatLatency(latenessUs.p50)} late (p99 ${formatLatency(latenessUs.p99)})`
  return `  ${mark} ${formatRate(ratePerSecond).padStart(7)} req/s  ${figures}  ${late}${why === null ? '' : `  ${why}`}`
}
