import type { AnalyzeDocument } from '../result/document.js'

/** What stands beside p99: p95 where latency was asked for, as the answer is chosen by it, and the median anywhere else. */
export function shownPercentile({ plan }: Pick<AnalyzeDocument, 'plan'>): 'p50' | 'p95' {
  return plan.question?.optimize === 'latency' ? 'p95' : 'p50'
}
