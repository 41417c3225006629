import { readFileSync } from 'node:fs'
import { EXIT, TuneError, usageError } from '../result/error.js'
import type { RequestSpec } from '../result/request.js'

export interface RequestFlags {
  method: string
  path: string
  header?: string[] | undefined
  body?: string | undefined
}

/** What the user wrote each part of the request as, for messages. */
export type RequestNames = Record<'method' | 'path' | 'header' | 'body', string>

const FLAG_NAMES: RequestNames = { method: '--method', path: '--path', header: '--header', body: '--body' }

/** The keys of a request in this config file. */
export function namesIn(file: string): RequestNames {
  const key = (name: string): string => `ci.request.${name} in ${file}`
  return { method: key('method'), path: key('path'), header: key('headers'), body: key('body') }
}

/** Headers that belong to the connection: the generator sets them itself. */
const RESERVED = new Set(['connection', 'content-length', 'host', 'transfer-encoding'])

/**
 * The request that the flags describe. `--body @file` reads the file.
 *
 * @param names what a message calls the parts that do not come from flags
 * @throws TuneError (usage) when a part of it is no valid HTTP or the file cannot be read.
 */
export function parseRequest(flags: RequestFlags, names: RequestNames = FLAG_NAMES): RequestSpec {
  const { method, path } = flags
  const wrong = methodFault(method)
  if (wrong !== null) throw usageError(`${names.method} "${method}" ${wrong}`, `Use ${METHODS.join(', ')}`)
  if (!isPath(path)) {
    throw usageError(
      `${names.path} "${path}" is not a request path`,
      'It starts with / and has no spaces, e.g. /orders/42',
    )
  }
  return {
    method,
    path,
    headers: parseHeaders(flags.header ?? [], names.header),
    body: readBody(flags.body, names.body),
  }
}

/** What the load generator sends (its own list, without those that cannot be measured). */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** Why the method cannot be measured; `null` when it can. */
export function methodFault(method: string): string | null {
  if (!/^[A-Z]+$/.test(method)) return 'is not an HTTP method'
  if (method === 'HEAD' || method === 'CONNECT')
    return 'cannot be measured: its answers carry no body to wait for'
  return METHODS.includes(method) ? null : 'is not a method that the load generator sends'
}

export function isPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path)
}

/** Why the header cannot be sent; `null` when it can. Names are compared in lower case. */
export function headerFault(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)) return 'is not a header'
  return RESERVED.has(name.toLowerCase()) ? 'is set by the generator itself' : null
}

const HEADER_FORMS = {
  flag: "Write it as 'Name: value'",
  key: "Write it as { 'Name': 'value' }, both plain ASCII",
}

function parseHeaders(lines: string[], given: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*)$/s.exec(line) ?? []
    const wrong = headerFault(name, value)
    if (wrong === 'is not a header')
      throw usageError(
        `${given} "${line}" ${wrong}`,
        HEADER_FORMS[given === FLAG_NAMES.header ? 'flag' : 'key'],
      )
    if (wrong !== null) throw usageError(`${given} ${name} ${wrong}`, 'Leave it out')
    headers[name.toLowerCase()] = value
  }
  return headers
}

function readBody(body: string | undefined, given: string): string | null {
  if (body === undefined) return null
  if (!body.startsWith('@')) return body
  const file = body.slice(1)
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TuneError(`${given}: cannot read ${file}`, {
      code: 'TUNE_E_USAGE',
      exit: EXIT.usage,
      suggestions: ['Check the path, or give the text itself'],
      cause,
    })
  }
}
