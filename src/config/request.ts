import { readFileSync } from 'node:fs'
import { EXIT, TuneError, usageError } from '../result/error.js'
import type { RequestSpec } from '../result/request.js'

export interface RequestFlags {
  method: string
  path: string
  header?: string[] | undefined
  body?: string | undefined
}

/** Headers that belong to the connection: the generator sets them itself. */
const RESERVED = new Set(['connection', 'content-length', 'host', 'transfer-encoding'])

/**
 * The request that the flags describe. `--body @file` reads the file.
 * @throws TuneError (usage) when a part of it is no valid HTTP or the file cannot be read.
 */
export function parseRequest(flags: RequestFlags): RequestSpec {
  const { method, path } = flags
  const wrong = methodFault(method)
  if (wrong !== null) throw usageError(`--method ${method} ${wrong}`, 'Use GET, POST, PUT …')
  if (!isPath(path)) {
    throw usageError(
      `--path "${path}" is not a request path`,
      'It starts with / and has no spaces, e.g. /orders/42',
    )
  }
  return { method, path, headers: parseHeaders(flags.header ?? []), body: readBody(flags.body) }
}

/** Why the method cannot be measured; `null` when it can. */
export function methodFault(method: string): string | null {
  if (!/^[A-Z]+$/.test(method)) return 'is not an HTTP method'
  if (method !== 'HEAD' && method !== 'CONNECT') return null
  return 'cannot be measured: its answers carry no body to wait for'
}

export function isPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path)
}

/** Why the header cannot be sent; `null` when it can. Names are compared in lower case. */
export function headerFault(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)) return 'is not a header'
  return RESERVED.has(name.toLowerCase()) ? 'is set by the generator itself' : null
}

function parseHeaders(lines: string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*)$/s.exec(line) ?? []
    const wrong = headerFault(name, value)
    if (wrong === 'is not a header')
      throw usageError(`--header "${line}" ${wrong}`, "Write it as 'Name: value'")
    if (wrong !== null) throw usageError(`--header ${name} ${wrong}`, 'Leave it out')
    headers[name.toLowerCase()] = value
  }
  return headers
}

function readBody(body: string | undefined): string | null {
  if (body === undefined) return null
  if (!body.startsWith('@')) return body
  const file = body.slice(1)
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TuneError(`--body: cannot read ${file}`, {
      code: 'TUNE_E_USAGE',
      exit: EXIT.usage,
      suggestions: ['Check the path, or give the text itself'],
      cause,
    })
  }
}
