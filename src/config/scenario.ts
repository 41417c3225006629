import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { z } from 'zod'
import { EXIT, TuneError } from '../result/error.js'
import type { Expectation, Route } from '../result/request.js'
import { importConfigModule } from './import-config.js'
import { headerFault, isPath, methodFault } from './request.js'

/** One request of a scenario file. */
export interface ScenarioRequest {
  /** In reports; by default method and path. */
  name?: string
  /** How often it is sent, against the others; 1 by default. */
  weight?: number
  /** `GET` by default. */
  method?: string
  path: string
  headers?: Record<string, string>
  /** A text, or anything else as JSON with its content type. */
  body?: unknown
  /** A file that holds the body, beside the scenario. */
  bodyFile?: string
  /** What a good answer is; by default any 2xx. Everything else counts as an error. */
  expect?: { status?: number | number[]; bodyIncludes?: string; bodyEquals?: string }
}

/** What `--scenario` reads. */
export interface Scenario {
  /** By default the name of the file. */
  name?: string
  requests: ScenarioRequest[]
}

/** Gives a scenario file its types; the object itself is returned as it is. */
export function defineScenario(scenario: Scenario): Scenario {
  return scenario
}

/** Several latency distributions are kept in each generator; more would be a crawl, not a mix. */
export const MOST_ROUTES = 100

const MODULES = ['.ts', '.mts', '.mjs', '.js']
const EXTENSIONS = ['.json', ...MODULES]
const EXAMPLE =
  'A scenario looks like: { "requests": [ { "path": "/", "weight": 3 }, { "method": "POST", "path": "/orders", "body": { "id": 1 } } ] }'

const statusSchema = z.int().min(200).max(599)
const requestSchema = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  weight: z.number().positive().max(1e6).optional(),
  method: z.string().optional(),
  path: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  bodyFile: z.string().min(1).optional(),
  expect: z
    .strictObject({
      status: z.union([statusSchema, z.array(statusSchema).min(1)]).optional(),
      bodyIncludes: z.string().min(1).optional(),
      bodyEquals: z.string().optional(),
    })
    .optional(),
})
const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  requests: z.array(requestSchema).min(1).max(MOST_ROUTES),
})

/**
 * Reads a scenario: JSON, or the default export of a JavaScript or TypeScript module.
 * @throws TuneError `TUNE_E_SCENARIO` (usage) that names the request and what is wrong with it
 */
export async function readScenario(path: string): Promise<{ name: string; routes: Route[] }> {
  const parsed = scenarioSchema.safeParse(await contentOf(path))
  if (!parsed.success) throw wrongScenario(path, describeIssue(parsed.error.issues[0]))
  const { name = basename(path), requests } = parsed.data
  const routes: Route[] = []
  for (const [index, request] of requests.entries()) {
    routes.push(await routeOf(request as ScenarioRequest, `requests[${index}]`, path))
  }
  return { name, routes: named(routes) }
}

/** Names are what figures are found by, so equal ones get a number. */
export function named(routes: Route[]): Route[] {
  const seen = new Map<string, number>()
  return routes.map((route) => {
    const count = (seen.get(route.name) ?? 0) + 1
    seen.set(route.name, count)
    return count === 1 ? route : { ...route, name: `${route.name} #${count}` }
  })
}

async function routeOf(request: ScenarioRequest, where: string, file: string): Promise<Route> {
  const { method = 'GET', path, weight = 1, expect } = request
  const fault = methodFault(method)
  if (fault !== null) throw wrongScenario(file, `${where}.method ${method} ${fault}`)
  if (!isPath(path)) throw wrongScenario(file, `${where}.path "${path}" must start with / and have no spaces`)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const wrong = headerFault(name, value)
    if (wrong !== null) throw wrongScenario(file, `${where}.headers: ${name} ${wrong}`)
    headers[name.toLowerCase()] = value
  }
  const body = await bodyOf(request, where, file)
  if (body !== null && typeof request.body !== 'string' && request.body !== undefined) {
    headers['content-type'] ??= 'application/json'
  }
  const name = request.name ?? `${method} ${path}`
  const route = { name, weight, method, path, headers, body }
  return expect === undefined ? route : { ...route, expect: expectationOf(expect, where, file) }
}

async function bodyOf(
  { body, bodyFile }: ScenarioRequest,
  where: string,
  file: string,
): Promise<string | null> {
  if (body !== undefined && bodyFile !== undefined)
    throw wrongScenario(file, `${where} has a body and a bodyFile: name one of them`)
  if (bodyFile !== undefined) {
    const path = resolve(dirname(file), bodyFile)
    return readFile(path, 'utf8').catch((error: unknown) => {
      throw wrongScenario(file, `${where}.bodyFile: cannot read ${path}`, error)
    })
  }
  if (body === undefined || body === null) return null
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function expectationOf(
  { status, bodyIncludes, bodyEquals }: NonNullable<ScenarioRequest['expect']>,
  where: string,
  file: string,
): Expectation {
  if (bodyIncludes !== undefined && bodyEquals !== undefined)
    throw wrongScenario(file, `${where}.expect has bodyIncludes and bodyEquals: name one of them`)
  return {
    ...(status === undefined ? {} : { status: [status].flat() }),
    ...(bodyIncludes === undefined ? {} : { bodyIncludes }),
    ...(bodyEquals === undefined ? {} : { bodyEquals }),
  }
}

async function contentOf(path: string): Promise<unknown> {
  if (!EXTENSIONS.includes(extname(path)))
    throw wrongScenario(path, `its name must end in ${EXTENSIONS.join(', ')}`)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw wrongScenario(path, 'the file cannot be read', error)
  })
  try {
    return extname(path) === '.json' ? (JSON.parse(text) as unknown) : await importConfigModule(resolve(path))
  } catch (error) {
    throw wrongScenario(path, error instanceof Error ? error.message : String(error), error)
  }
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const where = (issue?.path ?? []).reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`),
    '',
  )
  const subject = where === '' ? 'it' : where
  if (issue?.code === 'unrecognized_keys') {
    return `${subject} has ${issue.keys.map((key) => `"${key}"`).join(', ')}, which is not known`
  }
  return `${subject} is wrong: ${issue?.message ?? 'unreadable'}`
}

function wrongScenario(path: string, why: string, cause?: unknown): TuneError {
  return new TuneError(`Cannot use the scenario ${path}: ${why}`, {
    code: 'TUNE_E_SCENARIO',
    exit: EXIT.usage,
    suggestions: [EXAMPLE],
    ...(cause === undefined ? {} : { cause }),
  })
}
