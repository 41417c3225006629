import type { RateDocument, RateProbe, RateSubject } from '../../result/rate-document.js'
import { formatLatency, formatRate } from '../format.js'
import { largestSentence } from '../rate.js'
import { hostInWords } from '../sentences.js'

/** Latency at a rate, or the largest rate that meets the objective, for each configuration. */
export function renderRateTerminal(document: RateDocument, folder: string | null): string {
  const { objective, subjects, status, arrivals, seed } = document
  const aim = objective === null ? '' : `, ${objective.percentile} below ${formatLatency(objective.limitUs)}`
  const drawn = arrivals === 'poisson' && seed !== undefined ? ` (seed ${seed})` : ''
  const lines = [
    `Open load, ${arrivals} arrivals${drawn}${aim}; latency from the instant at which each request was due`,
    ...(status === 'interrupted' ? ['Interrupted: what follows is not complete'] : []),
    ...subjects.flatMap((subject) => ['', ...subjectLines(subject)]),
    ...(folder === null ? [] : ['', `Files  ${folder}/ (report.html, report.md, rate.json)`]),
  ]
  return `${lines.join('\n')}\n`
}

function subjectLines(subject: RateSubject): string[] {
  const { probes } = subject
  const answer = largestSentence(subject)
  return [`${hostInWords(subject)}${answer === null ? '' : `: ${answer}`}`, ...probes.map(probeLine)]
}

function probeLine({ ratePerSecond, outcome, why, believed }: RateProbe): string {
  const { latencyUs, latenessUs } = outcome
  const mark = why === null ? '[OK]' : believed ? '[!!]' : '[--]'
  const figures = `p50 ${formatLatency(latencyUs.p50)}  p95 ${formatLatency(latencyUs.p95)}  p99 ${formatLatency(latencyUs.p99)}`
  const late = `sent ${formatLatency(latenessUs.p50)} late (p99 ${formatLatency(latenessUs.p99)})`
  return `  ${mark} ${formatRate(ratePerSecond).padStart(7)} req/s  ${figures}  ${late}${why === null ? '' : `  ${why}`}`
}
