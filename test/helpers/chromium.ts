import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

interface Theme {
  viewport: { width: number; height: number }
  colorScheme: 'light' | 'dark'
}

// Our pages in a real browser: what a parser, a style sheet and a content policy make of them cannot be seen in their text.

export const themes: [name: string, options: Theme][] = [
  ['a light desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['a dark desk', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['a light phone of 360 px', { viewport: { width: 360, height: 740 }, colorScheme: 'light' }],
  ['a dark phone of 360 px', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
]

const executable = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((path) => join(path, name)))
  .find(existsSync)

export const hasChromium = executable !== undefined
/** For the title of a suite. */
export const withoutChromium = hasChromium ? '' : ' (skipped: no chromium in PATH; apt-get install chromium)'
/** `TUNE_SCREENSHOTS=<folder>` keeps a picture of every page for whoever wants to look. */
const pictures = process.env.TUNE_SCREENSHOTS

export async function startChromium(): Promise<Browser> {
  if (executable === undefined) throw new Error('no chromium in PATH')
  // Chromium refuses to sandbox itself as root; the pages are our own.
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox'] })
}

export interface Seen {
  /** Errors and warnings of the console, exceptions and dialogs. */
  complaints: string[]
  requests: string[]
}

/** Opens a file as a reader does, and closes it again whatever `use` does. */
export async function withPage(
  browser: Browser,
  file: string,
  options: BrowserContextOptions,
  use: (page: Page, seen: Seen) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    const seen: Seen = { complaints: [], requests: [] }
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text())
    })
    page.on('pageerror', (error) => seen.complaints.push(String(error)))
    page.on('dialog', (dialog) => {
      seen.complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => seen.requests.push(request.url()))
    await page.goto(pathToFileURL(file).href)
    await use(page, seen)
  } finally {
    await context.close()
  }
}

/** Keeps a picture of the page, if somebody asked for pictures. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return
  await page.screenshot({ path: join(pictures, `${name.replaceAll(' ', '-')}.png`), fullPage: true })
}

/** Opens every folded part; how wide the content then is, and how wide the screen. */
export async function unfold(page: Page): Promise<{ content: number; screen: number }> {
  return page.evaluate(() => {
    const { document: dom, innerWidth } = globalThis as unknown as PageGlobals
    for (const part of dom.querySelectorAll('details')) part.open = true
    return { content: dom.documentElement.scrollWidth, screen: innerWidth }
  })
}

/** What axe finds that would keep somebody out, and the names of the rules that it could check. */
export async function accessibility(page: Page): Promise<{ faults: string[]; checked: string[] }> {
  await page.evaluate(axe.source)
  const { violations, passes } = await page.evaluate(async () => {
    const injected = globalThis as unknown as { axe: { run(): Promise<AxeResults> } }
    return injected.axe.run()
  })
  const faults = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  return { faults, checked: passes.map(({ id }) => id) }
}

/** These tests are compiled without the types of a browser. */
interface PageGlobals {
  document: {
    documentElement: { scrollWidth: number }
    querySelectorAll(selector: string): Iterable<{ open: boolean }>
  }
  innerWidth: number
}

interface AxeResults {
  passes: { id: string }[]
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
}
