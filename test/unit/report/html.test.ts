import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { escapeHtml, Html, markup } from '../../../src/report/html/markup.js'
import { renderHtml } from '../../../src/report/html/render.js'
import { timelineChart } from '../../../src/report/html/charts/timeline.js'
import type { ResultDocument } from '../../../src/result/document.js'
import {
  benchDocument,
  cpuDocument,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
} from '../../helpers/documents.js'
import { fullDocument, hostileFullDocument } from '../../helpers/full-document.js'
import { withHistograms } from '../../helpers/histograms.js'

const MAX_BYTES = 500_000

const documents: Record<string, ResultDocument> = {
  io: ioDocument(),
  cpu: cpuDocument(),
  inconclusive: inconclusiveDocument(),
  interrupted: interruptedDocument(),
  bench: benchDocument(),
  hostile: hostileDocument(),
  full: fullDocument(),
  hostileFull: hostileFullDocument(),
}

describe.each(Object.entries(documents))('the page of %s', (_, document) => {
  const page = renderHtml(withHistograms(document))

  it('allows the one script that it has, by its hash, and nothing from outside', () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)]
    expect(page.match(/<script/g)).toHaveLength(1)
    const hash = createHash('sha256')
      .update(scripts[0]?.[1] ?? '')
      .digest('base64')
    expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`)
    expect(page).not.toMatch(/\s(?:src|srcset|onclick|onload|onerror)=/)
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, link]) => /^#[\w-]+$/.test(link!))).toBe(true)
    expect(page).not.toMatch(/url\(|@import/)
  })

  it('is small', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(MAX_BYTES)
  })

  it('names every id once, and points only at ids that exist', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!)
    expect(new Set(ids).size).toBe(ids.length)
    const used = [...page.matchAll(/\saria-labelledby="([^"]+)"|href="#([^"]+)"/g)]
    for (const [, labels, target] of used)
      expect(ids).toEqual(expect.arrayContaining((labels ?? target!).split(' ')))
  })

  it('gives every picture a title and a description, and closes what it opens', () => {
    expect(page.match(/<svg\s/g)?.length ?? 0).toBe(page.match(/<desc id=/g)?.length ?? 0)
    for (const tag of [
      'svg',
      'table',
      'tr',
      'td',
      'th',
      'section',
      'details',
      'figure',
      'div',
      'ul',
      'li',
      'dl',
    ]) {
      const opened = page.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length ?? 0
      expect([tag, opened]).toEqual([tag, page.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0])
    }
    expect(page.replace(/<script>[\s\S]*<\/script>/, '')).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })
})

it('carries every chart that the data can fill', () => {
  const analysis = renderHtml(withHistograms(ioDocument()))
  for (const id of ['throughput', 'latency', 'memory', 'timeline'])
    expect(analysis).toContain(`id="chart-${id}-wide-t"`)
  const bench = renderHtml(withHistograms(benchDocument()))
  // `io` has two loads; `cpu` was measured at one, where a heat map would say nothing.
  expect(bench).toContain('id="workload-1-heat-wide-t"')
  expect(bench).not.toContain('id="workload-2-heat-wide-t"')
})

describe('a full analysis', () => {
  const document = fullDocument()
  const page = renderHtml(withHistograms(document))
  const section = (id: string): string =>
    page.slice(page.indexOf(`<section id="${id}"`)).split('</section>')[0] ?? ''
  const rowsOf = (id: string): string[] => section(id).match(/<tr[\s\S]*?<\/tr>/g) ?? []

  it('has a part for everything that the document holds', () => {
    for (const id of ['confirmation', 'connections', 'model', 'what-if', 'server-side']) {
      expect(page).toContain(`<section id="${id}"`)
      expect(page).toContain(`href="#${id}"`)
    }
  })

  it('quotes the confirmed effects, and beside them what the race had shown', () => {
    const [, first, second] = rowsOf('confirmation')
    expect(first).toMatch(
      /2 async workers[\s\S]*5 async workers[\s\S]*\+1\.3 %[\s\S]*equivalent[\s\S]*\+2\.1 %/,
    )
    expect(second).toMatch(/5 sync workers[\s\S]*24\.4 times[\s\S]*better[\s\S]*25\.1 times/)
  })

  it('draws the sweep with knee and objective, marks what is not believed, and has every point in the table', () => {
    const drawn = section('connections')
    // Each in the wide and in the narrow drawing; the knee and the cross stand in the legend as well.
    expect(drawn.match(/class="objective"/g)).toHaveLength(2)
    expect(drawn.match(/class="limit"/g)).toHaveLength(2)
    expect(drawn.match(/class="knee"/g)).toHaveLength(4)
    expect(drawn.match(/class="cross"/g)).toHaveLength(2 + 2)
    expect(rowsOf('connections')).toHaveLength(1 + document.connections!.points.length)
    expect(rowsOf('connections').filter((row) => row.includes('class="invalid"'))).toHaveLength(1)
    expect(drawn).toContain('past the knee (122)')
    expect(drawn).toContain('misses p99&lt;50ms')
  })

  it('holds every prediction against its measurement, the farthest off of each unit first', () => {
    const words = rowsOf('model').map((row) => row.replace(/<[^>]*>/g, ' '))
    expect(words[1]).toMatch(/knee of 2 async workers, requests under way\s+requests\s+133\s+122\s+\+8\.7 %/)
    expect(words[2]).toMatch(/throughput of 5 async workers\s+req\/s\s+6,450\s+5,810\s+\+11 %/)
  })

  it('says what limits the app beside its nature, what is not sure, and what each request of a mix is', () => {
    const why = section('why').replace(/<[^>]*>/g, ' ')
    expect(why).toContain('gc-bound (high confidence): the collector takes 34 % of the CPU under overload')
    expect(why).toContain('Few requests at one connection: 97; surer with a longer probe')
    const words = rowsOf('requests').map((row) => row.replace(/<[^>]*>/g, ' '))
    expect(words[1]).toMatch(
      /GET \/feed\s+90 %\s+async-io\s+medium\s+90 µs\s+100 µs\s+20\.3 ms\s+20\.4 ms\s+21 %/,
    )
    expect(words[2]).toMatch(/POST \/search\s+10 %\s+not classified\s+-.*no trial of it may be believed/)
  })

  it('says what the other machine is: modelled', () => {
    expect(section('what-if')).toContain('modelled, not measured')
    expect(section('what-if')).toContain('17 async workers')
  })

  it('draws a sweep without a knee and without an objective', () => {
    const { connections } = document
    const open = renderHtml({
      ...document,
      plan: { ...document.plan, question: { ...document.plan.question!, slo: null } },
      connections: {
        ...connections!,
        kneeMeasured: null,
        advice: null,
        points: connections!.points.slice(0, 3),
      },
    })
    expect(open).toContain('id="chart-connections-wide-t"')
    expect(open).toContain('No knee was seen')
    expect(open).not.toMatch(/class="(?:knee|objective|limit)"/)
  })
})

it('does not depend on the order of the candidates', () => {
  const reversed = ioDocument()
  reversed.candidates.reverse()
  expect(renderHtml(reversed)).toBe(renderHtml(ioDocument()))
})

it('keeps its size with thousands of trials, and never leaves out one that is not believed', () => {
  const base = withHistograms(ioDocument())
  const sample = base.trials[0]!
  const reasons = [{ id: 'littles-law', message: 'x', observed: 1, limit: 0 }]
  const trials = Array.from({ length: 5000 }, (_, id) => ({
    ...sample,
    id,
    startedAt: new Date(Date.parse(base.startedAt) + id * 1000).toISOString(),
    validity:
      id % 1000 === 999 ? { ok: false, reasons, warnings: [] } : { ok: true, reasons: [], warnings: [] },
  }))
  const page = renderHtml({ ...base, trials })
  expect(Buffer.byteLength(page)).toBeLessThan(MAX_BYTES)
  expect(page).toContain('4600 more in result.json')
  expect(page.match(/<tr class="invalid">/g)).toHaveLength(5)
  // Each in the wide and in the narrow drawing.
  expect(page.match(/class="cross"/g)).toHaveLength(10)
})

describe('the timeline', () => {
  const point = (seconds: number, believed: boolean) => ({ seconds, deviation: 0, believed, phase: 'race' })
  const drawn = (points: ReturnType<typeof point>[]): string => {
    const { body } = timelineChart(points, 700)
    return body instanceof Html ? body.text : body.map(({ text }) => text).join('')
  }

  it('marks a believed trial with a dot and any other with a cross', () => {
    const text = drawn([point(0, true), point(1, false), point(2, true)])
    expect(text.match(/class="dot"/g)).toHaveLength(2)
    expect(text.match(/class="cross"/g)).toHaveLength(1)
  })
})

describe('markup', () => {
  it('escapes strings in text and attributes, and leaves markup alone', () => {
    const evil = `"><script>alert(1)</script>&'`
    const text = markup`<p title="${evil}">${evil}${markup`<b>${1.26}</b>`}${[evil]}</p>`.text
    const escaped = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;'
    expect(text).toBe(`<p title="${escaped}">${escaped}<b>1.3</b>${escaped}</p>`)
  })

  it('ends long strings and drops control characters', () => {
    expect(escapeHtml('x'.repeat(1_000_000)).length).toBeLessThanOrEqual(400)
    expect(escapeHtml('a\u001b[31mb\u0000\u202ec')).toBe('ab c')
  })
})
