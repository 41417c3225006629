import { plain } from '../plain.js'

/** Text from outside within a line of Markdown: it shows exactly itself, with no markup, no HTML, no broken table. */
export function escapeInline(text: string): string {
  return (
    plain(text)
      .replace(/[\\`*[\]|~]/g, '\\$&')
      // A tag begins with a letter, / ! or ?; `p99 < 25ms` and `>=` are left readable.
      .replace(/<(?! )/g, '\\<')
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
      .replace(/&(?=#?\w+;)/g, '\\&')
      // In a comment `@nestjs/core` would call the people of that name. Only something between @ and name helps, and this does not show.
      .replace(/(?<![A-Za-z0-9])@(?=[A-Za-z0-9])/g, '@<!-- -->')
  )
}

/** The same where the text may begin a block, such as the start of a list item. */
export function escapeMarkdown(text: string): string {
  return escapeInline(text)
    .replace(/^(\s*)>/, '$1\\>')
    .replace(/^(\s*)([-+#=])(?=[-+#=\s]|$)/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2')
}

/** A block of code that nothing inside can close. */
export function codeBlock(language: string, lines: readonly string[]): string[] {
  const body = lines.map(plain)
  const longest = Math.max(2, ...body.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, ...body, fence]
}

export interface MarkdownColumn<Row> {
  head: string
  align: 'left' | 'right'
  /** Raw text; the table escapes it. */
  cell: (row: Row) => string
}

/** A table that is readable as plain text too: cells padded, numbers on the right. */
export function markdownTable<Row>(columns: readonly MarkdownColumn<Row>[], rows: readonly Row[]): string[] {
  const heads = columns.map(({ head }) => escapeInline(head))
  const body = rows.map((row) => columns.map(({ cell }) => escapeInline(cell(row)).trim()))
  const widths = heads.map((head, index) =>
    Math.max(4, head.length, ...body.map((cells) => cells[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align)).join(' | ')} |`
  const rule = widths.map((width, index) =>
    columns[index]?.align === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  return [line(heads), `| ${rule.join(' | ')} |`, ...body.map(line)]
}

function pad(text: string, width: number, align: 'left' | 'right' | undefined): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width)
}

/** A part that is closed at first sight. GitHub wants the blank lines. */
export function details(summary: string, lines: readonly string[]): string[] {
  return ['<details>', `<summary>${escapeHtml(summary)}</summary>`, '', ...lines, '', '</details>']
}

/** A comment cannot be left early: no `>` and no `--` survive. */
export function htmlComment(text: string): string {
  return `<!-- ${plain(text).replaceAll('>', ' ').replace(/-{2,}/g, '-')} -->`
}

/** Blocks with a blank line between them, as a file. */
export function joinBlocks(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function escapeHtml(text: string): string {
  return plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
