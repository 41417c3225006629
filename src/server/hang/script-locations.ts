import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `file:line:column` counted from 1, of a place in a script that the inspector counts from 0. */
export type ScriptLocations = (line: number, column: number) => string

const INLINE = /^data:application\/json[^,]*;base64,/

/** @param script as `Debugger.scriptParsed` tells of it. */
export function scriptLocations(script: { url: string; sourceMapURL?: string }): ScriptLocations {
  const file = script.url.startsWith('file:') ? fileURLToPath(script.url) : script.url || 'evaluated code'
  let map: SourceMap | null | undefined
  return (line, column) => {
    // Parsed when it is asked for: a process has hundreds of scripts, and a stack few.
    map ??= inlineMap(script.sourceMapURL)
    const entry = map?.findEntry(line, column)
    return entry && 'originalSource' in entry
      ? `${resolve(dirname(file), entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
      : `${file}:${line + 1}:${column + 1}`
  }
}

/** What the arbiter compiles carries its map within; others are left as they are. */
function inlineMap(url: string | undefined): SourceMap | null {
  if (url === undefined || !INLINE.test(url)) return null
  try {
    const text = Buffer.from(url.replace(INLINE, ''), 'base64').toString()
    return new SourceMap(JSON.parse(text) as SourceMapPayload)
  } catch {
    return null
  }
}
