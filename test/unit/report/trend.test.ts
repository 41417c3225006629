import { describe, expect, it } from 'vitest'
import { renderTrendHtml } from '../../../src/report/html/trend.js'
import { renderTrendMarkdown } from '../../../src/report/trend/markdown.js'
import { trendSeries } from '../../../src/report/trend/series.js'
import { failedComparison } from '../../helpers/comparisons.js'
import { benchDocument, hostileDocument } from '../../helpers/documents.js'
import { runsOverTime } from '../../helpers/trend.js'

const runs = runsOverTime()

describe('trendSeries', () => {
  it('follows each figure of the answer from the oldest run to the latest, in whatever order they are read', () => {
    const series = trendSeries(runs.toReversed())
    expect(series.map(({ metric }) => metric)).toEqual(['rps', 'latency.p50', 'latency.p99', 'memory.pss'])
    for (const { points } of series) {
      expect(points.map(({ name }) => name)).toEqual(runs.map(({ name }) => name))
    }
  })

  it('keeps analyses, matrices and comparisons apart', async () => {
    const series = trendSeries([...runs, benchDocument(), await failedComparison()])
    const subjects = new Set(series.map(({ subject }) => subject))
    expect(subjects.size).toBe(4)
    expect([...subjects].filter((subject) => subject.includes('best of the matrix'))).toHaveLength(2)
  })
})

describe('the page', () => {
  const page = renderTrendHtml(trendSeries(runs), 'reports')

  it('says of each figure what the last run had, and how far that is from the first', () => {
    expect(page).toMatch(/<dt>requests per second<\/dt>\s*<dd>4,895 req\/s<small>-17 % against the first/)
    expect(page).toMatch(/<dt>memory \(PSS\)<\/dt>\s*<dd>120 MiB<small>0\.0 % against the first/)
  })

  it('draws where machine or Node changed, and says so once', () => {
    // Four figures, each in the wide and in the narrow drawing.
    expect(page.match(/class="limit"/g)).toHaveLength(8)
    expect(page.match(/api-day-5 was measured elsewhere/g)).toHaveLength(1)
    const still = renderTrendHtml(trendSeries(runs.slice(0, 4)), 'reports')
    expect(still).not.toContain('class="limit"')
    expect(still).not.toContain('elsewhere')
  })

  it('promises intervals only where it draws some', () => {
    const [rps] = trendSeries(runs)
    const bare = rps!.points.map((one) => ({ ...one, estimate: { ...one.estimate, low: null, high: null } }))
    expect(renderTrendHtml([rps!], 'x')).toContain('vertical lines are 95 % intervals')
    expect(renderTrendHtml([{ ...rps!, points: bare }], 'x')).not.toContain('vertical lines')
  })

  it('has every run in the table of every figure', () => {
    expect(page.match(/<th scope="row" class="left">api-day-\d/g)).toHaveLength(4 * runs.length)
    expect(page).toContain('2026-11-20 09:30 UTC')
  })

  it('is whole with one run, and not harmed by hostile names', () => {
    const [one] = renderTrendHtml(trendSeries(runs.slice(0, 1)), 'x').split('<script>')
    expect(one).toContain('Trend of x: 1 run<')
    expect(one).not.toMatch(/NaN|undefined|Infinity/)
    const hostile = renderTrendHtml(trendSeries([hostileDocument()]), '</title><script>alert(1)</script>')
    expect(hostile.match(/<script/g)).toHaveLength(1)
  })
})

it('has the same in Markdown, with the interval beside the figure', () => {
  const text = renderTrendMarkdown(trendSeries(runs), 'reports')
  expect(text).toMatch(/\| api-day-8 +\| 2026-11-27 09:30 UTC \| +4,895 req\/s \| .*–.* \| +-17 % \|/)
})
