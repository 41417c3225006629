import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Mermaid } from 'mermaid'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderAnalyzeMarkdown } from '../../src/report/markdown/analyze.js'
import { renderBenchMarkdown } from '../../src/report/markdown/bench.js'
import type { BenchDocument } from '../../src/result/document.js'
import { hasChromium, startChromium, withoutChromium } from '../helpers/chromium.js'
import { cpuDocument, ioDocument } from '../helpers/documents.js'
import { scalingDocument } from '../helpers/scaling.js'

describe.skipIf(!hasChromium)(`charts in Markdown${withoutChromium}`, () => {
  let browser: Browser | undefined

  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser?.close())

  it("pass Mermaid's own parser, and are drawn", async () => {
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

interface MermaidGlobals {
  mermaid: Mermaid
}
