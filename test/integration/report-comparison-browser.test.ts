import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import type { Mermaid } from 'mermaid'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderComparisonHtml } from '../../src/report/html/comparison.js'
import { renderHtml } from '../../src/report/html/render.js'
import { renderAnalyzeMarkdown } from '../../src/report/markdown/analyze.js'
import { renderBenchMarkdown } from '../../src/report/markdown/bench.js'
import type { BenchDocument } from '../../src/result/document.js'
import { failedComparison, hostileComparison, openComparison } from '../helpers/comparisons.js'
import { cpuDocument, ioDocument } from '../helpers/documents.js'
import { scalingDocument } from '../helpers/scaling.js'

// Pages of comparisons and charts in Markdown, in a real browser and by Mermaid's own parser.

const themes: [name: string, options: BrowserContextOptions][] = [
  ['a light desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['a dark desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['a phone of 360 px', { viewport: { width: 360, height: 740 }, colorScheme: 'light' }],
]
const PAGES = ['failed', 'open', 'hostile', 'scaling'] as const
/** `TUNE_SCREENSHOTS=<folder>` keeps a picture of every page for whoever wants to look. */
const pictures = process.env.TUNE_SCREENSHOTS

const executable = findChromium()
const why = executable === undefined ? ' (skipped: no chromium in PATH; apt-get install chromium)' : ''

describe.skipIf(executable === undefined)(`pages and charts in Chromium${why}`, () => {
  let browser: Browser | undefined
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tune-browser-'))
    const pages = {
      failed: renderComparisonHtml(await failedComparison()),
      open: renderComparisonHtml(await openComparison()),
      hostile: renderComparisonHtml(await hostileComparison()),
      scaling: renderHtml(scalingDocument()),
    }
    for (const [name, html] of Object.entries(pages)) await writeFile(join(folder, `${name}.html`), html)
    // Chromium refuses to sandbox itself as root; the pages are our own.
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  describe.each(PAGES)('%s', (name) => {
    it.each(themes)(
      'on %s: no complaint, no request, no sideways scrolling, no serious fault',
      async (theme, options) => {
        const context = await browser!.newContext(options)
        try {
          const page = await context.newPage()
          const complaints: string[] = []
          const requests: string[] = []
          page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
          })
          page.on('pageerror', (error) => complaints.push(String(error)))
          page.on('dialog', (dialog) => {
            complaints.push(`dialog: ${dialog.message()}`)
            void dialog.dismiss()
          })
          page.on('request', (request) => requests.push(request.url()))
          await page.goto(pathToFileURL(join(folder, `${name}.html`)).href)
          if (pictures !== undefined) {
            await page.screenshot({
              path: join(pictures, `${name}-${theme.replaceAll(' ', '-')}.png`),
              fullPage: name !== 'hostile',
            })
          }
          expect({ complaints, requests }).toEqual({ complaints: [], requests: [page.url()] })
          const { content, screen } = await opened(page)
          expect(content).toBeLessThanOrEqual(screen)
          expect(await seriousFaults(page)).toEqual([])
        } finally {
          await context.close()
        }
      },
    )
  })

  it('draws what changed and how it scales, each with a text alternative', async () => {
    const page = await browser!.newPage()
    try {
      const names: [string, RegExp][] = [
        ['failed', /^What changed .* requests per second: worse, -15 %/],
        ['scaling', /^Throughput against workers .* universal scalability law/],
      ]
      for (const [name, text] of names) {
        await page.goto(pathToFileURL(join(folder, `${name}.html`)).href)
        expect(await page.getByRole('img', { name: text }).count()).toBe(1)
      }
    } finally {
      await page.close()
    }
  })

  it("passes Mermaid's own parser with every chart, and is drawn", async () => {
    const charts = [
      renderAnalyzeMarkdown(ioDocument()),
      renderAnalyzeMarkdown(cpuDocument()),
      renderBenchMarkdown(scalingDocument()),
      renderBenchMarkdown(hostileNames(scalingDocument())),
    ].flatMap((text) => [...text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, chart = '']) => chart))
    expect(charts.length).toBeGreaterThanOrEqual(4)
    const page = await browser!.newPage()
    try {
      const mermaid = dirname(createRequire(import.meta.url).resolve('mermaid'))
      await page.addScriptTag({ path: join(mermaid, 'mermaid.min.js') })
      for (const [index, chart] of charts.entries()) {
        const drawn = await page.evaluate(
          async ({ text, id }) => {
            const { mermaid: library } = globalThis as unknown as MermaidGlobals
            await library.parse(text)
            return (await library.render(id, text)).svg
          },
          { text: chart, id: `chart-${index}` },
        )
        expect(drawn).toMatch(/<svg[\s\S]*workers[\s\S]*<\/svg>/)
      }
      const broken = page.evaluate(async () => {
        const { mermaid: library } = globalThis as unknown as MermaidGlobals
        await library.parse('xychart-beta\n  line [a, b')
      })
      await expect(broken).rejects.toThrow()
    } finally {
      await page.close()
    }
  })
})

function hostileNames(document: BenchDocument): BenchDocument {
  const name = '"] line [1] ``` <script>'
  return {
    ...document,
    plan: { ...document.plan, workloads: [{ name, description: name, noise: null }] },
    cells: document.cells.map((cell) => ({ ...cell, workload: name })),
  }
}

async function opened(page: Page): Promise<{ content: number; screen: number }> {
  return page.evaluate(() => {
    const { document: dom, innerWidth } = globalThis as unknown as BrowserGlobals
    for (const part of dom.querySelectorAll('details')) part.open = true
    return { content: dom.documentElement.scrollWidth, screen: innerWidth }
  })
}

async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(async () => {
    const injected = globalThis as unknown as { axe: { run(): Promise<AxeResults> } }
    return injected.axe.run()
  })
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

/** What the page has; these tests are compiled without the types of a browser. */
interface BrowserGlobals {
  document: {
    documentElement: { scrollWidth: number }
    querySelectorAll(selector: string): Iterable<{ open: boolean }>
  }
  innerWidth: number
}

interface MermaidGlobals {
  mermaid: Mermaid
}

interface AxeResults {
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((path) => join(path, name)))
    .find(existsSync)
}
