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
  if (!/^[A-Z]+$/.test(method))
    throw usageError(`--method "${method}" is not an HTTP method`, 'Use GET, POST, PUT …')
  if (method === 'HEAD' || method === 'CONNECT') {
    throw usageError(
      `--method ${method} cannot be measured: its answers carry no body to wait for`,
      'Use GET',
    )
  }
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw usageError(
      `--path "${path}" is not a request path`,
      'It starts with / and has no spaces, e.g. /orders/42',
    )
  }
  return { method, path, headers: parseHeaders(flags.header ?? []), body: readBody(flags.body) }
}

function parseHeaders(lines: string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(line)
    if (!match?.[1]) throw usageError(`--header "${line}" is not a header`, "Write it as 'Name: value'")
    const name = match[1].toLowerCase()
    if (RESERVED.has(name))
      throw usageError(`--header ${match[1]} is set by the generator itself`, 'Leave it out')
    headers[name] = match[2] ?? ''
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
