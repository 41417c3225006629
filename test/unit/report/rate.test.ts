import { describe, expect, it } from 'vitest'
import { rateHeadline } from '../../../src/report/rate.js'
import { RATE_FORMATS, renderRate } from '../../../src/report/render-rate.js'
import { rateDocumentSchema, type RateDocument } from '../../../src/result/rate-document.js'
import { hostileRateDocument, rateDocument } from '../../helpers/rate.js'

const document = rateDocumentSchema.parse(rateDocument())
const none: RateDocument = {
  ...document,
  subjects: document.subjects.map((one) => ({ ...one, largest: { met: null, failed: 120 } })),
}
const single: RateDocument = {
  ...document,
  objective: null,
  subjects: document.subjects
    .slice(1)
    .map((one) => ({ ...one, largest: null, probes: one.probes.slice(0, 1) })),
}
const interrupted: RateDocument = { ...document, status: 'interrupted', subjects: [] }

describe('rateHeadline', () => {
  it('names the largest rate that keeps the objective, and what carries it', () => {
    expect(rateHeadline(document)).toBe('4,500 req/s keep p99<80ms: 2 async workers')
    expect(rateHeadline(none)).toBe('No rate that was tried keeps p99<80ms')
  })

  it('is the latency where one rate was asked for, and says when there is nothing', () => {
    expect(rateHeadline(single)).toMatch(/^2 async workers at 2,900 req\/s: p99 \d\d\.\d ms$/)
    // With an objective the rate that was asked for is judged, though no larger one is searched.
    const judged = { ...single, objective: document.objective }
    expect(rateHeadline(judged)).toMatch(/^2,900 req\/s keep p99<80ms: 2 async workers$/)
    const missed = judged.subjects.map((one) => ({
      ...one,
      probes: one.probes.map((probe) => ({ ...probe, met: false })),
    }))
    expect(rateHeadline({ ...judged, subjects: missed })).toContain('No rate')
    expect(rateHeadline(interrupted)).toBe('Partial: nothing measured yet')
  })
})

describe('the page', () => {
  const page = renderRate(document, 'html')

  it('draws each configuration with the objective and the largest rate that keeps it', () => {
    for (const index of [1, 2]) expect(page).toContain(`id="chart-rate-${index}-wide-t"`)
    // Each in the wide and in the narrow drawing.
    expect(page.match(/class="objective"/g)).toHaveLength(4)
    expect(page.match(/class="limit"/g)).toHaveLength(4)
  })

  it('crosses out what may not be believed, and has every window in its table', () => {
    expect(page.match(/<tr class="invalid">/g)).toHaveLength(1)
    expect(page).toContain('not believed: the generator was late')
    const [windows = ''] = page.split('<section id="environment"')
    expect(windows.match(/<tr class="[a-z]*">/g)).toHaveLength(5 + 7)
  })

  it('names no limit where there is none', () => {
    expect(renderRate(single, 'html')).not.toMatch(/class="(?:objective|limit)"/)
    expect(renderRate(none, 'html')).not.toContain('class="limit"')
  })
})

it.each(Object.entries({ document, none, single, interrupted, hostile: hostileRateDocument() }))(
  '%s is whole in every format',
  (_, one) => {
    for (const format of RATE_FORMATS) expect(renderRate(one, format).trim()).not.toBe('')
    const [page = ''] = renderRate(one, 'html').split('<script>')
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  },
)
