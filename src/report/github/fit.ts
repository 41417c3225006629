/** GitHub refuses longer comments; the limit is in characters, of which a byte holds at most one. */
export const COMMENT_LIMIT_BYTES = 65_536
/** What one step may add to the summary of its job. */
export const SUMMARY_LIMIT_BYTES = 1024 * 1024

const FOLDED = /^<details>\n[\s\S]*?^<\/details>\n*/gm
const NOTE = '\n_Shortened: the rest is in the report of the run._\n'

/**
 * Markdown within a limit: folded parts go first, the last one before the others, then lines from the end. Says so where anything is
 * missing.
 */
export function fitMarkdown(markdown: string, limitBytes: number): string {
  if (bytesOf(markdown) <= limitBytes) return markdown
  const room = limitBytes - bytesOf(NOTE)
  let text = markdown
  for (const part of [...markdown.matchAll(FOLDED)].toReversed()) {
    if (bytesOf(text) <= room) break
    text = text.slice(0, part.index) + text.slice(part.index + part[0].length)
  }
  return `${wholeLines(text, room)}${NOTE}`
}

function wholeLines(text: string, room: number): string {
  if (bytesOf(text) <= room) return text
  let end = 0
  let used = 0
  for (const line of text.split(/(?<=\n)/)) {
    used += bytesOf(line)
    if (used > room) break
    end += line.length
  }
  return text.slice(0, end)
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}
