import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderComparisonHtml } from '../../src/report/html/comparison.js'
import { renderRateHtml } from '../../src/report/html/rate.js'
import { renderHtml } from '../../src/report/html/render.js'
import { renderTrendHtml } from '../../src/report/html/trend.js'
import { renderJunit } from '../../src/report/junit/render.js'
import { reproduceCommand } from '../../src/report/reproduce.js'
import { trendSeries } from '../../src/report/trend/series.js'
import type { ResultDocument } from '../../src/result/document.js'
import {
  accessibility,
  hasChromium,
  keepPicture,
  startChromium,
  themes,
  unfold,
  withoutChromium,
  withPage,
  type Seen,
} from '../helpers/chromium.js'
import { failedComparison, hostileComparison, openComparison } from '../helpers/comparisons.js'
import {
  benchDocument,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
} from '../helpers/documents.js'
import { fullDocument, hostileFullDocument } from '../helpers/full-document.js'
import { withHistograms } from '../helpers/histograms.js'
import { hostileRateDocument, rateDocument } from '../helpers/rate.js'
import { scalingDocument } from '../helpers/scaling.js'
import { runsOverTime } from '../helpers/trend.js'

const results: Record<string, ResultDocument> = {
  analyze: fullDocument(),
  inconclusive: inconclusiveDocument(),
  interrupted: interruptedDocument(),
  bench: benchDocument(),
  scaling: scalingDocument(),
  hostile: hostileDocument(),
  'hostile analysis': hostileFullDocument(),
}
const comparisons = {
  failed: failedComparison,
  open: openComparison,
  'hostile comparison': hostileComparison,
}
const rates = { rate: rateDocument(), 'hostile rate': hostileRateDocument() }
const pages = [
  ...[results, comparisons, rates].flatMap((one) => Object.keys(one)),
  ...['trend', 'hostile trend'],
]

describe.skipIf(!hasChromium)(`pages in Chromium${withoutChromium}`, () => {
  let browser: Browser | undefined
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tune-browser-'))
    const save = (name: string, html: string): Promise<void> => writeFile(join(folder, `${name}.html`), html)
    for (const [name, document] of Object.entries(results)) {
      await save(name, renderHtml(withHistograms(document)))
    }
    for (const [name, make] of Object.entries(comparisons))
      await save(name, renderComparisonHtml(await make()))
    for (const [name, document] of Object.entries(rates)) await save(name, renderRateHtml(document))
    await save('trend', renderTrendHtml(trendSeries(runsOverTime()), 'reports'))
    await save('hostile trend', renderTrendHtml(trendSeries([hostileDocument(), hostileDocument()]), '<b>'))
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = (
    name: string,
    options: BrowserContextOptions,
    use: (page: Page, seen: Seen) => Promise<void>,
  ): Promise<void> => withPage(browser!, join(folder, `${name}.html`), options, use)

  it.each(pages)('%s: no complaint, no request, no sideways scrolling', async (name) => {
    await open(name, {}, async (page, seen) => {
      for (const [theme, { viewport, colorScheme }] of themes) {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        await keepPicture(page, `${name} on ${theme}`)
        const { content, screen } = await unfold(page)
        expect([theme, content]).toEqual([theme, Math.min(content, screen)])
      }
      expect(seen).toEqual({ complaints: [], requests: [page.url()] })
    })
  })

  // Contrast differs by colours, targets and scrolling by width: these two hold what the other two do.
  it.each(
    ['analyze', 'interrupted', 'bench', 'hostile analysis', 'failed', 'rate', 'trend'].flatMap((name) =>
      [themes[0]!, themes[3]!].map(([theme, options]) => [name, theme, options] as const),
    ),
  )('%s on %s: axe finds no serious fault', async (name, _, options) => {
    await open(name, options, async (page) => {
      await unfold(page)
      const { faults, checked } = await accessibility(page)
      expect(faults).toEqual([])
      // A run that looked at nothing would find nothing.
      expect(checked).toEqual(expect.arrayContaining(['color-contrast', 'landmark-one-main']))
    })
  })

  it.each([
    [
      'analyze',
      [
        'Confirmed effect on throughput',
        'Throughput by configuration',
        'Throughput against workers',
        'Latency against throughput',
        'Latency percentiles',
        'Memory by configuration',
        'Trials over time',
      ],
    ],
    ['trend', ['Requests per second', 'Latency p50', 'Latency p99', 'Memory (PSS)']],
  ])('%s shows one drawing of each chart, with its name and its description', async (name, names) => {
    for (const [, options] of themes) {
      await open(name, options, async (page) => {
        // Roles are those of the accessibility tree, which holds visible drawings only.
        expect(await page.getByRole('img').count()).toBe(names.length)
        for (const title of names) {
          const pattern = new RegExp(`^${title.replace(/[()]/g, '\\$&')} \\S`)
          expect([title, await page.getByRole('img', { name: pattern }).count()]).toEqual([title, 1])
        }
      })
    }
  })

  it.each([
    ['failed', /^What changed .* requests per second: worse, -16 %/],
    ['scaling', /^Throughput against workers .* universal scalability law/],
    ['rate', /^Latency against offered rate 2 async workers.* 4,500 req\/s meet the objective, 4,900 do not/],
    ['analyze', /^Latency against throughput .* meet at the knee, 122 requests under way \(predicted 133\)/],
  ])('%s tells what its picture shows', async (name, text) => {
    await open(name, {}, async (page) => {
      expect(await page.getByRole('img', { name: text }).count()).toBe(1)
    })
  })

  it('is dark on dark and light on light, on paper always light', async () => {
    const ground = (page: Page): Promise<string> =>
      page.evaluate(() => {
        const view = globalThis as unknown as BrowserGlobals
        return view.getComputedStyle(view.document.body).backgroundColor
      })
    await open('analyze', { colorScheme: 'dark' }, async (page) => {
      expect(await ground(page)).toBe('rgb(13, 17, 23)')
      await page.emulateMedia({ media: 'print' })
      expect(await ground(page)).toBe('rgb(255, 255, 255)')
    })
    await open('analyze', { colorScheme: 'light' }, async (page) => {
      expect(await ground(page)).toBe('rgb(255, 255, 255)')
    })
  })

  it('sorts a table by keyboard, up and down, with empty cells last', async () => {
    await open('bench', {}, async (page) => {
      const table = page.locator('#workload-1 > div table[data-sortable]')
      const rates = async (): Promise<number[]> => {
        const keys = await table
          .locator('tbody tr td:nth-child(5)')
          .evaluateAll((cells) =>
            cells.map((cell) => (cell as unknown as { dataset: { key: string } }).dataset.key),
          )
        return keys.map((key) => (key === '' ? NaN : Number(key)))
      }
      const head = table.getByRole('button', { name: 'req/s' })
      await head.focus()
      await page.keyboard.press('Enter')
      const up = await rates()
      await page.keyboard.press('Enter')
      const down = await rates()
      expect(up).toHaveLength(10)
      expect(up.at(-1)).toBeNaN()
      expect(down.at(-1)).toBeNaN()
      expect(up.slice(0, -1)).toEqual(up.slice(0, -1).toSorted((a, b) => a - b))
      expect(down.slice(0, -1)).toEqual(up.slice(0, -1).toReversed())
      expect(await table.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('descending')
    })
  })

  it('copies a command as it is, whole words in every line', async () => {
    await open('analyze', { viewport: { width: 360, height: 740 } }, async (page) => {
      const code = page.locator('.command code').last()
      expect(await code.textContent()).toBe(reproduceCommand(fullDocument()))
      const heights = await code
        .locator('span')
        .evaluateAll((words) =>
          words.map((word) => (word as unknown as { offsetHeight: number }).offsetHeight),
        )
      // A word that was broken would stand in two lines.
      expect(new Set(heights).size).toBe(1)
    })
  })

  it('makes JUnit that an XML parser reads, whatever is in it', async () => {
    await open('analyze', {}, async (page) => {
      for (const document of Object.values(results)) {
        const root = await page.evaluate((text) => {
          const { DOMParser } = globalThis as unknown as BrowserGlobals
          return new DOMParser().parseFromString(text, 'application/xml').documentElement.outerHTML
        }, renderJunit(document))
        expect(root).toMatch(/^<testsuites name="tune"/)
        expect(root).not.toContain('parsererror')
      }
    })
  })

  it('can be read in full without scripts', async () => {
    await open('analyze', { javaScriptEnabled: false }, async (page) => {
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Use 2 async workers')
      expect(await page.locator('button[data-copy]:visible').count()).toBe(0)
    })
  })
})

/** What the page has; these tests are compiled without the types of a browser. */
interface BrowserGlobals {
  document: { body: object }
  DOMParser: new () => {
    parseFromString(text: string, type: string): { documentElement: { outerHTML: string } }
  }
  getComputedStyle(element: object): { backgroundColor: string }
}
