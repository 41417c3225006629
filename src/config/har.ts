import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { EXIT, TuneError } from '../result/error.js'
import type { Route } from '../result/request.js'
import { headerFault, isPath, methodFault } from './request.js'
import { MOST_ROUTES, named } from './scenario.js'

const pairs = z.array(z.object({ name: z.string(), value: z.string() }))

/** The parts of HAR 1.2 that make a request (http://www.softwareishard.com/blog/har-12-spec/); the rest may be anything. */
const harSchema = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        request: z.object({
          method: z.string(),
          url: z.string(),
          headers: pairs,
          postData: z
            .object({
              mimeType: z.string().optional(),
              text: z.string().optional(),
              params: pairs.optional(),
            })
            .optional(),
        }),
        response: z.object({ status: z.number() }),
      }),
    ),
  }),
})
type Entry = z.infer<typeof harSchema>['log']['entries'][number]

/** Of a request in reports; recorded queries can be long. */
const LONGEST_NAME = 80

/** Of one connection, or of the browser that recorded: not of the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'if-modified-since',
  'if-none-match',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * Reads a recorded session as a mix: the requests to the origin of its first entry, each as often as it was recorded, with the
 * recorded status expected. `notes` say what was left out, and why.
 *
 * @throws TuneError `TUNE_E_HAR` (usage)
 */
export async function readHar(path: string): Promise<{ name: string; routes: Route[]; notes: string[] }> {
  const parsed = harSchema.safeParse(await contentOf(path))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw wrongHar(path, `it is no HAR: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
  }
  const { entries } = parsed.data.log
  const origin = entries.map(({ request }) => originOf(request.url)).find((one) => one !== null)
  if (origin === undefined) throw wrongHar(path, 'it has no requests')
  const skipped = new Map<string, number>()
  const skip = (why: string): void => void skipped.set(why, (skipped.get(why) ?? 0) + 1)
  const routes = new Map<string, Route>()
  for (const entry of entries) {
    const route = originOf(entry.request.url) === origin ? routeOf(entry) : `not of ${origin}`
    if (typeof route === 'string') {
      skip(route)
      continue
    }
    const key = JSON.stringify([route.method, route.path, route.body, route.expect])
    const known = routes.get(key)
    if (known === undefined) routes.set(key, route)
    else known.weight++
  }
  if (routes.size === 0) throw wrongHar(path, 'none of its requests can be sent', [...skipped.keys()])
  if (routes.size > MOST_ROUTES)
    throw wrongHar(path, `it has ${routes.size} different requests; ${MOST_ROUTES} are the most`)
  return {
    name: basename(path),
    routes: named([...routes.values()]),
    notes: [...skipped].map(
      ([why, count]) => `${count} of ${entries.length} recorded requests are ${why}: left out`,
    ),
  }
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null
}

/** The request, or why it cannot be sent. */
function routeOf({ request, response }: Entry): Route | string {
  const { method } = request
  if (methodFault(method) !== null) return `of method ${method}, which cannot be measured`
  const { status } = response
  if (status === 0) return 'without an answer'
  if (status === 304) return 'answered from the cache of the browser (304)'
  if (status < 200) return `answered ${status}`
  const { pathname, search } = new URL(request.url)
  const path = pathname + search
  if (!isPath(path)) return 'of an invalid path'
  const body = bodyOf(request)
  if (body === undefined) return 'of a body that was not recorded'
  const headers = headersOf(request, body)
  const name = `${method} ${path}`.slice(0, LONGEST_NAME)
  return { name, weight: 1, method, path, headers, body, expect: { status: [status] } }
}

/** `undefined` when there was one and the file does not hold it. */
function bodyOf({ postData }: Entry['request']): string | null | undefined {
  if (postData === undefined) return null
  if (postData.text !== undefined) return postData.text === '' ? null : postData.text
  const { params, mimeType = '' } = postData
  if (params === undefined || params.length === 0) return null
  if (!mimeType.startsWith('application/x-www-form-urlencoded')) return undefined
  const form = new URLSearchParams()
  for (const { name, value } of params) form.append(name, value)
  return form.toString()
}

function headersOf({ headers, postData }: Entry['request'], body: string | null): Record<string, string> {
  const sent: Record<string, string> = {}
  for (const { name, value } of headers) {
    const key = name.toLowerCase()
    // HTTP/2 recordings hold :method and :path as headers.
    if (key.startsWith(':') || HOP_BY_HOP.has(key) || headerFault(name, value) !== null) continue
    sent[key] = sent[key] === undefined ? value : `${sent[key]}${key === 'cookie' ? '; ' : ', '}${value}`
  }
  if (body !== null && postData?.mimeType) sent['content-type'] ??= postData.mimeType
  return sent
}

async function contentOf(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw wrongHar(path, 'the file cannot be read', [], error)
  })
  try {
    // Browsers on Windows write a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  } catch (error) {
    throw wrongHar(
      path,
      `it is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      [],
      error,
    )
  }
}

function wrongHar(path: string, why: string, details: string[] = [], cause?: unknown): TuneError {
  return new TuneError(
    `Cannot use the recording ${path}: ${why}${details.map((text) => `; ${text}`).join('')}`,
    {
      code: 'TUNE_E_HAR',
      exit: EXIT.usage,
      suggestions: ['In the network panel of a browser: "Save all as HAR with content"'],
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
