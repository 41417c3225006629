import { describe, expect, it } from 'vitest'
import { renderJunit } from '../../../src/report/junit/render.js'
import { renderSuite, type JunitCase } from '../../../src/report/junit/suite.js'
import { element, escapeXml } from '../../../src/report/junit/xml.js'
import {
  benchDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
} from '../../helpers/documents.js'

const attribute = (text: string, tag: string, name: string): string | undefined =>
  new RegExp(`<${tag} [^>]*\\b${name}="([^"]*)"`).exec(text)?.[1]

const reports = {
  analyze: renderJunit(ioDocument()),
  inconclusive: renderJunit(inconclusiveDocument()),
  interrupted: renderJunit(interruptedDocument()),
  bench: renderJunit(benchDocument()),
}

describe.each(Object.entries(reports))('junit of %s', (name, text) => {
  it('reads as before', async () => {
    await expect(text).toMatchFileSnapshot(`__snapshots__/${name}.junit.xml`)
  })

  it('counts what it lists', () => {
    const count = (pattern: RegExp): string => String(text.match(pattern)?.length ?? 0)
    expect(attribute(text, 'testsuite', 'tests')).toBe(count(/<testcase /g))
    expect(attribute(text, 'testsuites', 'tests')).toBe(count(/<testcase /g))
    expect(attribute(text, 'testsuite', 'skipped')).toBe(count(/<skipped /g))
    expect(attribute(text, 'testsuite', 'failures')).toBe('0')
    expect(attribute(text, 'testsuite', 'timestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
  })
})

it('skips what could not be told, with the reason', () => {
  expect(reports.inconclusive).toMatch(/name="recommendation" .*\n\s*<skipped message="Inconclusive: /)
  expect(reports.bench).toMatch(
    /threads at 64 clients" .*\n\s*<skipped message="2N\+1, not believed, littles-law"/,
  )
  expect(reports.analyze).toMatch(
    /name="135 sync workers at 64 clients" .*\n\s*<skipped message="not measured: .*memory limit/,
  )
})

it('fails a case with its message', () => {
  const failed: JunitCase = {
    className: 'a',
    name: 'b',
    seconds: 1,
    outcome: 'failed',
    message: 'p99 < 250 ms: 300 ms',
    output: '',
  }
  const suite = {
    name: 's',
    startedAt: '2026-11-20T09:30:00.000Z',
    seconds: 1,
    properties: [],
    cases: [failed],
  }
  const text = renderSuite(suite)
  expect(attribute(text, 'testsuite', 'failures')).toBe('1')
  expect(text).toContain('<failure message="p99 &lt; 250 ms: 300 ms" type="performance"/>')
})

it('lets no text leave its place', () => {
  expect(escapeXml(`<a b="c" d='e'>&\u0000\u001b[31m\uffff\n]]>`)).toBe(
    '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;  ]]&gt;',
  )
  expect(element('a', { b: '"><c/>' }, ['<d/>'])).toEqual(['<a b="&quot;&gt;&lt;c/&gt;">', '  <d/>', '</a>'])
})
