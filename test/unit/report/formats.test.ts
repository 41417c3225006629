import { describe, expect, it } from 'vitest'
import { lint } from 'markdownlint/sync'
import { validateXML } from 'xmllint-wasm'
import { renderComparisonMarkdown } from '../../../src/report/comparison/markdown.js'
import { renderComparisonTerminal } from '../../../src/report/comparison/terminal.js'
import { budgetAnnotations } from '../../../src/report/github/annotations.js'
import { renderComment } from '../../../src/report/github/comment.js'
import { renderMetricsReport } from '../../../src/report/gitlab/metrics.js'
import { renderNote } from '../../../src/report/gitlab/note.js'
import { renderComparisonHtml } from '../../../src/report/html/comparison.js'
import { renderComparisonJunit } from '../../../src/report/junit/comparison.js'
import { renderJunit } from '../../../src/report/junit/render.js'
import { renderRate } from '../../../src/report/render-rate.js'
import { renderResult } from '../../../src/report/render.js'
import { compareResults } from '../../../src/studies/compare.js'
import { parseBudget } from '../../../src/config/budget.js'
import {
  failedComparison,
  hostileComparison,
  openComparison,
  passedComparison,
} from '../../helpers/comparisons.js'
import {
  benchDocument,
  cpuDocument,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
} from '../../helpers/documents.js'
import { fullDocument, hostileFullDocument } from '../../helpers/full-document.js'
import { hostileRateDocument, rateDocument } from '../../helpers/rate.js'
import { JUNIT_XSD } from '../../helpers/junit-schema.js'

const terminal = { width: 100, color: false, unicode: true }
const results = {
  io: ioDocument(),
  cpu: cpuDocument(),
  inconclusive: inconclusiveDocument(),
  interrupted: interruptedDocument(),
  bench: benchDocument(),
  hostile: hostileDocument(),
  full: fullDocument(),
  hostileFull: hostileFullDocument(),
}
const comparisons = {
  passed: await passedComparison(),
  failed: await failedComparison(),
  open: await openComparison(),
  hostileComparison: await hostileComparison(),
  results: compareResults(
    ioDocument(),
    { ...ioDocument(), name: 'later' },
    {
      toolVersion: '0.1.0',
      margin: 0.05,
      budgets: [parseBudget('rps >= 1'), parseBudget('rps vs baseline >= 5%')],
      otherMachine: false,
    },
  ),
}

const rates = { rate: rateDocument(), hostileRate: hostileRateDocument() }

const texts = [
  ...Object.entries(rates).map(([name, document]) => [name, renderRate(document, 'markdown')] as const),
  ...Object.entries(results).map(
    ([name, document]) => [name, renderResult(document, 'markdown', terminal)] as const,
  ),
  ...Object.entries(comparisons).map(
    ([name, document]) => [name, renderComparisonMarkdown(document)] as const,
  ),
]

/** Rules of style that these reports break with reason. */
const CONFIG = {
  default: true,
  // Tables and sentences are as wide as their figures.
  MD013: false,
  // Folded parts are HTML, and that is all the HTML there is (checked below).
  MD033: { allowed_elements: ['details', 'summary'] },
  // An address that was measured, or that an app brought, reads as what it is.
  MD034: false,
  // A report is a part of a comment or of a summary: its first heading is of the second level.
  MD041: false,
}

describe('Markdown', () => {
  it.each(texts)('of %s passes the linter', (_, text) => {
    const { report = [] } = lint({ strings: { report: text }, config: CONFIG })
    expect(
      report.map(
        ({ lineNumber, ruleNames, errorDetail }) =>
          `${lineNumber}: ${ruleNames.join('/')} ${errorDetail ?? ''}`,
      ),
    ).toEqual([])
  })

  it('is linted by a linter that finds something', () => {
    const { report = [] } = lint({ strings: { report: '## a\n## b\n<script>\n' }, config: CONFIG })
    expect(report.length).toBeGreaterThan(1)
  })
})

describe('JUnit', () => {
  const reports = [
    ...Object.entries(results).map(([name, document]) => [name, renderJunit(document)] as const),
    ...Object.entries(comparisons).map(
      ([name, document]) => [name, renderComparisonJunit(document)] as const,
    ),
  ]
  const check = (contents: string) =>
    validateXML({
      xml: [{ fileName: 'junit.xml', contents }],
      schema: [{ fileName: 'junit.xsd', contents: JUNIT_XSD }],
    })

  it.each(reports)('of %s is valid against the schema', async (_, text) => {
    const { valid, errors } = await check(text)
    expect({ valid, errors }).toEqual({ valid: true, errors: [] })
  })

  it('is checked by a schema that refuses something', async () => {
    const [[, text] = ['', '']] = reports
    expect((await check(text.replace(' classname=', ' class='))).valid).toBe(false)
  })

  it('fails for a broken budget, skips an open one and passes a kept one', () => {
    const outcome = (text: string, budget: string): string =>
      new RegExp(`name="${budget.replaceAll(/[.<>=%]/g, '.{1,4}')}[^>]*>\\s*<(\\w+)`).exec(text)?.[1] ?? ''
    expect(outcome(renderComparisonJunit(comparisons.failed), 'rps vs baseline')).toBe('failure')
    expect(outcome(renderComparisonJunit(comparisons.open), 'rps vs baseline')).toBe('skipped')
    expect(outcome(renderComparisonJunit(comparisons.passed), 'rps vs baseline')).toBe('system')
  })
})

describe('hostile strings in a comparison', () => {
  const { hostileComparison: hostile } = comparisons
  const markdown = renderComparisonMarkdown(hostile)
  const forms = {
    terminal: renderComparisonTerminal(hostile, terminal),
    markdown,
    html: renderComparisonHtml(hostile),
    junit: renderComparisonJunit(hostile),
    comment: renderComment(markdown, 'ci'),
    note: renderNote(markdown, 'ci'),
    metrics: renderMetricsReport(hostile),
    annotations: budgetAnnotations(hostile.budgets).join('\n'),
  }
  it.each(Object.entries(forms))('do no harm to %s', (name, text) => {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    expect(Buffer.byteLength(text)).toBeLessThan(500_000)
    if (name === 'html' || name === 'junit') expect(text).not.toContain('<script>alert')
  })

  it('start no workflow command, no quick action and no second comment', () => {
    expect(forms.annotations.split('\n').every((line) => /^::(error|warning) title=[^:]*::/.test(line))).toBe(
      true,
    )
    expect(forms.note).not.toMatch(/^\s*\/\w/m)
    expect(forms.comment.match(/<!--/g)).toHaveLength(2)
    expect(Buffer.byteLength(forms.comment)).toBeLessThanOrEqual(65_536)
  })

  it('leave every line of the metrics report a sample', () => {
    const sample = /^\w+\{(\w+="(?:[^"\\]|\\.)*",?)*\} \d[\d.e+-]*$/
    const lines = forms.metrics.trimEnd().split('\n')
    expect(lines.at(-1)).toBe('# EOF')
    for (const line of lines.filter((one) => !one.startsWith('#'))) expect(line).toMatch(sample)
  })
})

describe('the page of a comparison', () => {
  it('shows gate, budgets, one drawing for what changed and all trials', () => {
    const html = renderComparisonHtml(comparisons.failed)
    expect(html).toContain('<span class="badge">Failed</span>')
    expect(html).toContain('[!!] rps vs baseline')
    expect(html).toContain('What changed')
    expect(html).toContain('The same run again')
    // What is said of several budgets is long, and whole.
    const { budgets } = comparisons.failed
    const several = { ...comparisons.failed, budgets: [...budgets, budgets[0]!] }
    expect(renderComparisonHtml(several)).toContain('each verdict of the table stands for itself.')
    expect(html).toContain('Trials over time')
    expect(Buffer.byteLength(html)).toBeLessThan(500_000)
    expect(renderComparisonHtml(comparisons.results)).toContain('What changed')
  })
})
