import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderHtml } from '../../src/report/html/render.js'
import { renderJunit } from '../../src/report/junit/render.js'
import type { ResultDocument } from '../../src/result/document.js'
import {
  benchDocument,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
} from '../helpers/documents.js'
import { withHistograms } from '../helpers/histograms.js'

// The page in a real browser: what a parser, a style sheet and a content policy make of it cannot be seen in its text.

const documents: [name: string, document: ResultDocument][] = [
  ['analyze', ioDocument()],
  ['inconclusive', inconclusiveDocument()],
  ['interrupted', interruptedDocument()],
  ['bench', benchDocument()],
  ['hostile', hostileDocument()],
]
const themes: [name: string, options: BrowserContextOptions][] = [
  ['a light desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['a dark desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['a phone of 360 px', { viewport: { width: 360, height: 740 }, colorScheme: 'light' }],
]

const executable = findChromium()
const why = executable === undefined ? ' (skipped: no chromium in PATH; apt-get install chromium)' : ''

describe.skipIf(executable === undefined)(`report.html in Chromium${why}`, () => {
  let browser: Browser | undefined
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tune-browser-'))
    for (const [name, document] of documents) {
      await writeFile(join(folder, `${name}.html`), renderHtml(withHistograms(document)))
    }
    // Chromium refuses to sandbox itself as root; the page is our own.
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function withPage(
    name: string,
    options: BrowserContextOptions,
    use: (page: Page, seen: { complaints: string[]; requests: string[] }) => Promise<void>,
  ): Promise<void> {
    const context = await browser!.newContext(options)
    try {
      const page = await context.newPage()
      const seen = { complaints: [] as string[], requests: [] as string[] }
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text())
      })
      page.on('pageerror', (error) => seen.complaints.push(String(error)))
      page.on('dialog', (dialog) => {
        seen.complaints.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('request', (request) => seen.requests.push(request.url()))
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href)
      await use(page, seen)
    } finally {
      await context.close()
    }
  }

  describe.each(documents.map(([name]) => name))('%s', (name) => {
    it.each(themes)('on %s: no complaint, no request, no sideways scrolling', async (_, options) => {
      await withPage(name, options, async (page, { complaints, requests }) => {
        expect(complaints).toEqual([])
        expect(requests).toEqual([page.url()])
        const { content, screen } = await page.evaluate(() => {
          const { document: dom, innerWidth } = globalThis as unknown as BrowserGlobals
          for (const part of dom.querySelectorAll('details')) part.open = true
          return { content: dom.documentElement.scrollWidth, screen: innerWidth }
        })
        expect(content).toBeLessThanOrEqual(screen)
      })
    })

    it.each(themes)('on %s: axe finds no serious fault', async (_, options) => {
      await withPage(name, options, async (page) => {
        await page.evaluate(() => {
          const { document: dom } = globalThis as unknown as BrowserGlobals
          for (const part of dom.querySelectorAll('details')) part.open = true
        })
        await page.evaluate(axe.source)
        const { violations, passes } = await page.evaluate(async () => {
          const injected = globalThis as unknown as { axe: { run(): Promise<AxeResults> } }
          return injected.axe.run()
        })
        const serious = violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
        expect(serious).toEqual([])
        // A run that looked at nothing would find nothing.
        expect(passes.map(({ id }) => id)).toEqual(
          expect.arrayContaining(['color-contrast', 'svg-img-alt', 'landmark-one-main']),
        )
      })
    })
  })

  it('shows one drawing of each chart, with its name and its description', async () => {
    for (const [, options] of themes) {
      await withPage('analyze', options, async (page) => {
        const charts = page.getByRole('img')
        const names = [
          'Throughput by configuration',
          'Throughput against workers',
          'Latency percentiles',
          'Memory by configuration',
          'Trials over time',
        ]
        // Roles are those of the accessibility tree, which holds visible drawings only.
        expect(await charts.count()).toBe(names.length)
        for (const name of names)
          expect(await page.getByRole('img', { name: new RegExp(`^${name} \\S`) }).count()).toBe(1)
      })
    }
  })

  it('is dark on dark and light on light, on paper always light', async () => {
    const ground = (page: Page): Promise<string> =>
      page.evaluate(() => {
        const view = globalThis as unknown as BrowserGlobals
        return view.getComputedStyle(view.document.body).backgroundColor
      })
    const dark: BrowserContextOptions = { colorScheme: 'dark' }
    await withPage('analyze', dark, async (page) => {
      expect(await ground(page)).toBe('rgb(13, 17, 23)')
      await page.emulateMedia({ media: 'print' })
      expect(await ground(page)).toBe('rgb(255, 255, 255)')
    })
    await withPage('analyze', { colorScheme: 'light' }, async (page) => {
      expect(await ground(page)).toBe('rgb(255, 255, 255)')
    })
  })

  it('sorts a table by keyboard, up and down, with empty cells last', async () => {
    await withPage('bench', {}, async (page) => {
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

  it('makes JUnit that an XML parser reads, whatever is in it', async () => {
    await withPage('analyze', {}, async (page) => {
      for (const [, document] of documents) {
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
    await withPage('analyze', { javaScriptEnabled: false }, async (page) => {
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Use 2 async workers')
      expect(await page.locator('button[data-copy]:visible').count()).toBe(0)
    })
  })
})

/** What the page has; these tests are compiled without the types of a browser. */
interface BrowserGlobals {
  document: {
    body: object
    documentElement: { scrollWidth: number }
    querySelectorAll(selector: string): Iterable<{ open: boolean }>
  }
  innerWidth: number
  DOMParser: new () => {
    parseFromString(text: string, type: string): { documentElement: { outerHTML: string } }
  }
  getComputedStyle(element: object): { backgroundColor: string }
}

interface AxeResults {
  passes: { id: string }[]
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((path) => join(path, name)))
    .find(existsSync)
}
