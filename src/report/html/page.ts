import { createHash } from 'node:crypto'
import { Html, markup } from './markup.js'
import { SCRIPT } from './script.js'
import { STYLE } from './style.js'

export interface Section {
  id: string
  title: string
  /** What the list of parts calls it, where the title is long. */
  link?: string
  body: Html | readonly Html[]
}

export interface PageContent {
  title: string
  header: Html
  sections: readonly Section[]
  footer: Html
}

/** Nothing may be loaded from anywhere, and no script runs but the one whose hash is named: not even one that got in as text. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** One self-contained file. */
export function renderPage({ title, header, sections, footer }: PageContent): string {
  const links = sections.map(
    ({ id, title: name, link = name }) => markup`<li><a href="#${id}">${link}</a></li>`,
  )
  const parts = sections.map(
    ({ id, title: name, body }) =>
      markup`<section id="${id}" aria-labelledby="${id}-title">
        <h2 id="${id}-title">${name}</h2>
        ${body}
      </section> `,
  )
  // The hash is that of every character between the tags, so nothing may stand beside it.
  const script = new Html(`<script>${SCRIPT}</script>`)
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Html(POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <header>
          ${header}
          <nav aria-label="Parts of this report">
            <ul>
              ${links}
            </ul>
          </nav>
        </header>
        <main>${parts}</main>
        <footer>${footer}</footer>
        ${script}
      </body>
    </html> `.text
}
