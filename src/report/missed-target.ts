import { sameConfiguration } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import { SAFE_UTILIZATION } from '../result/question.js'
import { formatRate } from './format.js'

/**
 * `Nothing measured carries 5,000 req/s with room to spare; the most is 995 req/s, of`, to go on with the answer; `null` where the answer carries the
 * target, or there is none. Others may carry it and not be the answer: by an estimate that is not sure, or with more memory than there is.
 */
export function missedTarget({ plan, findings, recommendation, candidates }: AnalyzeDocument): string | null {
  const target = plan.question?.targetRps ?? null
  const carried = recommendation?.expected.throughputRps?.value
  const isMissed = findings.some(({ id, level }) => id === 'TUNE-LIMIT-RATE' && level === 'warn')
  if (target === null || recommendation === null || carried === undefined || !isMissed) return null
  const others = candidates.filter(
    ({ configuration, outcome }) =>
      outcome !== 'invalid' && !sameConfiguration(configuration, recommendation.configuration),
  )
  const mostOf = (some: typeof others): number =>
    Math.max(0, ...some.map(({ throughputRps }) => throughputRps?.value ?? 0))
  const most = mostOf(others.filter(({ outcome }) => outcome !== 'too-large'))
  const mostOfAll = mostOf(others)
  const carries = (rps: number): boolean => SAFE_UTILIZATION * rps >= target
  const who = carries(most)
    ? 'Nothing measured is sure to carry'
    : carries(mostOfAll)
      ? 'Nothing that memory has room for carries'
      : 'Nothing measured carries'
  const rate = formatRate(carried)
  const theMost = carried >= mostOfAll ? 'the most is' : 'the most that fits is'
  const what = carried >= most ? `${theMost} ${rate} req/s, of` : `the answer carries ${rate} req/s:`
  return `${who} ${formatRate(target)} req/s with room to spare; ${what}`
}
