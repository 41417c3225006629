import { expect, it } from 'vitest'
import { renderResult } from '../../../src/report/render.js'
import { PLAIN_QUESTION } from '../../../src/result/question.js'
import { ioDocument } from '../../helpers/documents.js'

const asked = (optimize: 'throughput' | 'latency') => {
  const document = ioDocument()
  document.plan.question = { ...PLAIN_QUESTION, optimize }
  for (const { latencyUs } of [...document.candidates, document.recommendation!.expected]) {
    latencyUs.p95 = 23_400
  }
  return document
}

it.each(['terminal', 'markdown', 'html'] as const)(
  '%s: p95 takes the place of the median where latency was asked for, and nowhere else',
  (format) => {
    const options = { width: 120, color: false, unicode: true }
    const [plain, latency] = (['throughput', 'latency'] as const).map((optimize) =>
      renderResult(asked(optimize), format, options),
    )
    expect(latency).toMatch(/p95 23\.4 ms, p99/)
    expect(latency).toMatch(/p95 ms/)
    expect(plain).toMatch(/p50 [\d.]+ ms, p99/)
    expect(plain).not.toMatch(/p95 (23|ms)/)
  },
)
