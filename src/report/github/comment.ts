import { COMMENT_LIMIT_BYTES, fitMarkdown } from './fit.js'

/** How a job finds the comment that it wrote before, to update it instead of adding another. */
export function commentMarker(name: string): string {
  return `<!-- tune-report: ${name.replace(/[^\w.]+/g, '-')} -->`
}

/** The text of a pull request's comment: the hidden marker, then the report, within GitHub's limit. */
export function renderComment(markdown: string, name: string): string {
  const marker = `${commentMarker(name)}\n\n`
  return `${marker}${fitMarkdown(markdown, COMMENT_LIMIT_BYTES - Buffer.byteLength(marker))}`
}
