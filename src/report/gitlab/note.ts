import { commentMarker } from '../github/comment.js'
import { fitMarkdown } from '../github/fit.js'

/** GitLab refuses longer notes (characters; a byte holds at most one). */
const NOTE_LIMIT_BYTES = 1_000_000

/**
 * The text of a merge request's note: the hidden marker, then the report within GitLab's limit. A line that begins with a slash would be
 * a quick action there, so none does.
 */
export function renderNote(markdown: string, name: string): string {
  const marker = `${commentMarker(name)}\n\n`
  const harmless = markdown.replace(/^(\s*)\//gm, '$1\\/')
  return `${marker}${fitMarkdown(harmless, NOTE_LIMIT_BYTES - Buffer.byteLength(marker))}`
}
