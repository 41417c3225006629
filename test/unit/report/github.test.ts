import { describe, expect, it } from 'vitest'
import { budgetAnnotations } from '../../../src/report/github/annotations.js'
import { commentMarker, renderComment } from '../../../src/report/github/comment.js'
import { COMMENT_LIMIT_BYTES, fitMarkdown } from '../../../src/report/github/fit.js'
import type { BudgetOutcome } from '../../../src/result/budget.js'
import { HOSTILE } from '../../helpers/documents.js'

const folded = (name: string, size: number): string =>
  `<details>\n<summary>${name}</summary>\n\n${'x'.repeat(size)}\n\n</details>\n\n`

describe('fitMarkdown', () => {
  it('leaves alone what fits', () => expect(fitMarkdown('# a\n', 4)).toBe('# a\n'))

  it('drops folded parts from the end until it fits, and says so', () => {
    const text = fitMarkdown(`## answer\n\n${folded('one', 300)}${folded('two', 300)}after\n`, 600)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(600)
    expect(text).toContain('## answer')
    expect(text).toContain('<summary>one</summary>')
    expect(text).not.toContain('two')
    expect(text).toContain('after')
    expect(text).toContain('Shortened')
  })

  it('cuts whole lines where folded parts are not enough', () => {
    const text = fitMarkdown(Array.from({ length: 1000 }, (_, index) => `- täglich ${index}\n`).join(''), 500)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(500)
    expect(text).toMatch(/^- täglich 0\n/)
    expect(
      text
        .split('\n')
        .filter((line) => line.startsWith('-'))
        .every((line) => /^- täglich \d+$/.test(line)),
    ).toBe(true)
  })
})

describe('a comment', () => {
  it('begins with its marker, which no name can leave, and keeps the limit', () => {
    expect(commentMarker('a --> <b>')).toBe('<!-- tune-report: a-b- -->')
    const text = renderComment('line of a table\n'.repeat(10_000), 'compare')
    expect(text.startsWith('<!-- tune-report: compare -->\n\nline')).toBe(true)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(COMMENT_LIMIT_BYTES)
  })
})

describe('annotations', () => {
  const outcome = (changes: Partial<BudgetOutcome>): BudgetOutcome => ({
    expression: 'rps vs baseline >= -5%',
    level: 'error',
    metric: 'rps',
    againstBaseline: true,
    operator: '>=',
    limit: -0.05,
    subject: 'async-2x1000 at 64 clients',
    observed: -0.12,
    low: -0.14,
    high: -0.1,
    outcome: 'fail',
    ...changes,
  })

  it('are errors for broken budgets, warnings for what cannot be decided or only warns, nothing for what is kept', () => {
    const lines = budgetAnnotations([
      outcome({ outcome: 'pass' }),
      outcome({ outcome: 'inconclusive' }),
      outcome({ level: 'warn' }),
      outcome({}),
    ])
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['::error', '::warning', '::warning'])
    expect(lines[0]).toBe(
      '::error title=Performance budget broken::[!!] rps vs baseline >= -5%25: -12 %25 (-14 %25 to -10 %25), async-2x1000 at 64 clients',
    )
  })

  it('are one line each and no more than GitHub shows', () => {
    const many = Array.from({ length: 50 }, () => outcome({ subject: `${HOSTILE}\n::set-env name=x::y` }))
    const lines = budgetAnnotations(many)
    expect(lines).toHaveLength(10)
    for (const line of lines) expect(line).not.toMatch(/[\r\n]/)
  })
})
