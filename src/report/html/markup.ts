import { plain } from '../plain.js'

/** Text that is HTML already. Only `markup` and the templates of this folder make it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = Html | string | number | readonly Piece[]

/** Longer strings of an app or a path end here: a report has hundreds of rows and an upper size. */
const MAX_TEXT = 400

/** A template whose every value shows exactly itself: strings are made harmless and escaped, `Html` stays. */
export function markup(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(strings.map((part, index) => unindent(part) + render(values[index] ?? '')).join(''))
}

/** Indentation belongs to the source, not to the file. */
function unindent(part: string): string {
  return part.replace(/\n\s+/g, '\n')
}

export const NOTHING = new Html('')

function render(piece: Piece): string {
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'string') return escapeHtml(piece)
  if (typeof piece === 'number') return formatAttribute(piece)
  return piece.map(render).join('')
}

/** Coordinates with one decimal: a tenth of a pixel is never seen, and it makes the file half as long. */
function formatAttribute(value: number): string {
  return String(Number(value.toFixed(1)))
}

/** For element content and quoted attributes alike. */
export function escapeHtml(text: string): string {
  const line = plain(text)
  return cut(line, MAX_TEXT)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** At most `length` characters, the last of them `…` when something is missing. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
