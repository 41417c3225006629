import { describe, expect, it } from 'vitest'
import { renderAnalyzeMarkdown } from '../../../src/report/markdown/analyze.js'
import { renderBenchMarkdown } from '../../../src/report/markdown/bench.js'
import {
  codeBlock,
  details,
  escapeInline,
  escapeMarkdown,
  htmlComment,
  markdownTable,
} from '../../../src/report/markdown/syntax.js'
import {
  benchDocument,
  cpuDocument,
  HOSTILE,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
} from '../../helpers/documents.js'
import { fullDocument, hostileFullDocument } from '../../helpers/full-document.js'

const reports = {
  'analyze-full': renderAnalyzeMarkdown(fullDocument()),
  'analyze-io': renderAnalyzeMarkdown(ioDocument()),
  'analyze-cpu': renderAnalyzeMarkdown(cpuDocument()),
  'analyze-inconclusive': renderAnalyzeMarkdown(inconclusiveDocument()),
  'analyze-interrupted': renderAnalyzeMarkdown(interruptedDocument()),
  bench: renderBenchMarkdown(benchDocument()),
}

describe.each(Object.entries(reports))('%s', (name, text) => {
  it('reads as before', async () => {
    await expect(text).toMatchFileSnapshot(`__snapshots__/${name}.md`)
  })

  it('starts with the version of the schema and the verdict', () => {
    const lines = text.split('\n')
    expect(lines[0]).toMatch(/^<!-- tune-prefork 0\.1\.0, schema 1, (analyze|bench) /)
    expect(lines[2]).toMatch(/^## \S/)
  })

  it('has whole tables, closed details and no escape sequence', () => {
    expectWellFormed(text)
  })
})

it('does not depend on the order of the candidates', () => {
  const reversed = ioDocument()
  reversed.candidates.reverse()
  expect(renderAnalyzeMarkdown(reversed)).toBe(renderAnalyzeMarkdown(ioDocument()))
})

it('shows eight candidates at first, the recommended one and the controls among them', () => {
  const document = ioDocument()
  const [control] = document.candidates
  const others = Array.from({ length: 12 }, (_, index) => ({
    ...control!,
    key: `other-${index}`,
    control: false,
    outcome: 'worse' as const,
    throughputRps: { value: 1000 + index, low: null, high: null },
  }))
  document.candidates.push(...others)
  const section = renderAnalyzeMarkdown(document).split('### Candidates')[1]!.split('###')[0]!
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
  expect(rows).toHaveLength(8)
  expect(rows[0]).toContain('recommended')
  for (const words of ['5 sync workers', '2 threaded workers', '5 async workers']) {
    expect(section).toContain(words)
  }
})

it('keeps secrets of headers out of the report', () => {
  const document = ioDocument()
  document.request = {
    ...document.request,
    headers: { authorization: 'Bearer abc123', 'x-api-key': 'k-999', accept: 'text/html' },
  }
  const text = renderAnalyzeMarkdown(document)
  expect(text).not.toMatch(/abc123|k-999/)
  expect(text).toContain('accept: text/html')
})

it.each([
  ['anywhere', hostileDocument()],
  ['in the later phases', hostileFullDocument()],
])('is not harmed by hostile strings %s', (_, document) => {
  const text = renderAnalyzeMarkdown(document)
  expectWellFormed(text)
  const prose = text.replace(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, '').replace(/^<!--.*-->$/m, '')
  expect(prose).not.toMatch(/(?<!\\)<(?! |\/?(details|summary)>$|summary>)/m)
  expect(prose).not.toMatch(/(?<!\\)\]\(/)
  expect(text.length).toBeLessThan(300_000)
})

describe('syntax', () => {
  it('escapes what would be markup and leaves the rest readable', () => {
    expect(escapeInline('a|b `c` <i> [x](y) *z* ~~s~~ &lt; \\')).toBe(
      'a\\|b \\`c\\` \\<i> \\[x\\](y) \\*z\\* \\~\\~s\\~\\~ \\&lt; \\\\',
    )
    expect(escapeInline("Cannot find '@nestjs/core', ask ops@example.org")).toBe(
      "Cannot find '@<!-- -->nestjs/core', ask ops@example.org",
    )
    expect(escapeInline('sched_getaffinity _em_ -3.1 % R&D')).toBe('sched_getaffinity \\_em\\_ -3.1 % R&D')
    expect(escapeInline('latency.p99 < 25ms, rps >= 1 <br>')).toBe('latency.p99 < 25ms, rps >= 1 \\<br>')
    expect(escapeMarkdown('> quoted')).toBe('\\> quoted')
    expect(['# h', '- l', '1. o', '---', '41.0 MiB', '-3 %'].map(escapeMarkdown)).toEqual([
      '\\# h',
      '\\- l',
      '1\\. o',
      '\\---',
      '41.0 MiB',
      '-3 %',
    ])
  })

  it('fences code longer than anything inside', () => {
    expect(codeBlock('sh', ['echo ```` x'])).toEqual(['`````sh', 'echo ```` x', '`````'])
    expect(codeBlock('sh', ['ls'])[0]).toBe('```sh')
  })

  it('keeps comments and summaries closed', () => {
    expect(htmlComment('a --> <b>').match(/-->/g)).toHaveLength(1)
    expect(details('</summary><script>', [])[1]).toBe('<summary>&lt;/summary&gt;&lt;script&gt;</summary>')
  })

  it('pads tables and escapes their cells', () => {
    const table = markdownTable(
      [
        { head: 'name', align: 'left', cell: (row: [string, number]) => row[0] },
        { head: 'n', align: 'right', cell: (row) => String(row[1]) },
      ],
      [
        ['a|b', 1],
        [HOSTILE, 22],
      ],
    )
    expect(new Set(table.map(({ length }) => length)).size).toBe(1)
    expect(table[1]).toMatch(/^\| -+ \| -+: \|$/)
  })
})

/** Every table row has the columns of its head; every fold is closed; no line has control characters. */
function expectWellFormed(text: string): void {
  expect(text).not.toMatch(/[^\P{Cc}\n]/u)
  expect(text).not.toMatch(/\p{Cf}/u)
  expect(text.match(/^<details>$/gm) ?? []).toHaveLength((text.match(/^<\/details>$/gm) ?? []).length)
  let columns = 0
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) columns = 0
    else {
      const bars = line.match(/(?<!\\)(?:\\\\)*\|/g)!.length
      if (columns === 0) columns = bars
      expect(bars, line).toBe(columns)
    }
  }
  expect(text.match(/^\| -+/gm)!.length).toBeGreaterThan(0)
}
