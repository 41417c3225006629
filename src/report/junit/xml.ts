import { plain } from '../plain.js'

/** Text for element content and attributes alike; characters that XML 1.0 cannot hold at all are left out. */
export function escapeXml(text: string): string {
  return plain(text)
    .replace(/[\uFFFE\uFFFF]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** An element with its attributes in the order given and its children, which are lines of XML already. */
export function element(
  name: string,
  attributes: Record<string, string | number>,
  children: readonly string[] = [],
): string[] {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
  const open = `<${name}${list.join('')}`
  if (children.length === 0) return [`${open}/>`]
  return [`${open}>`, ...children.map((line) => `  ${line}`), `</${name}>`]
}

/** An element with text in one line. */
export function textElement(name: string, text: string): string[] {
  return [`<${name}>${escapeXml(text)}</${name}>`]
}
