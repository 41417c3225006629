import http from 'node:http'
import net from 'node:net'
import { forwardRequests } from './app-server.js'
import { saidToBeSecure } from './scheme.js'

/** An app in a shape that the loader knows. */
export interface App {
  kind: string
  attach(server: http.Server): void
  close(): Promise<void>
}

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => unknown
type Members = Partial<Record<string, unknown>>

interface Kind {
  matches: (value: Members) => boolean
  make: (value: never) => App | Promise<App>
}

const isFunction = (value: unknown): value is (...values: never[]) => unknown => typeof value === 'function'

/** In order: the first that matches decides. What frameworks export is told apart by the methods that make them one. */
const KINDS: Kind[] = [
  {
    matches: (value) => value instanceof http.Server,
    make: (value: http.Server) => serverApp('http.Server', value),
  },
  {
    matches: ({ ready, inject, routing }) => [ready, inject, routing].every(isFunction),
    make: fastifyApp,
  },
  {
    matches: ({ callback, use, middleware }) =>
      isFunction(callback) && isFunction(use) && Array.isArray(middleware),
    make: (koa: { callback: () => Handler }) => handlerApp('Koa', koa.callback()),
  },
  { matches: ({ fetch }) => isFunction(fetch), make: fetchApp },
  {
    matches: (value) => isFunction(value) && isFunction(value.handle) && isFunction(value.use),
    make: (express: Handler) => handlerApp('Express', express),
  },
  {
    matches: (value) => isFunction(value) && isHandler(value),
    make: (handler: Handler) => handlerApp('(req, res)', handler),
  },
  {
    matches: (value) => !isFunction(value) && isFunction(value.handler),
    make: (app: { handler: Handler }) =>
      handlerApp('{ handler }', (request, response) => app.handler(request, response)),
  },
]

/** The app that `value` is, or `null`. A factory is no app before it is called: see `isFactory`. */
export async function recognise(value: unknown): Promise<App | null> {
  if ((typeof value !== 'object' || value === null) && !isFunction(value)) return null
  const kind = KINDS.find(({ matches }) => matches(value as unknown as Members))
  return (await kind?.make(value as never)) ?? null
}

/** A function to be called for the app: fewer than two parameters, so it cannot answer a request, and no class. */
export function isFactory(value: unknown): value is (options: object) => unknown {
  return isFunction(value) && !isClass(value) && !isHandler(value)
}

/** Why `value` cannot be served, as the second half of a sentence. */
export function whatItIs(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'function')
    return isClass(value) ? `the class ${value.name}, not an instance of it` : 'a function'
  if (value instanceof net.Server)
    return 'an HTTPS, HTTP/2 or TCP server; give the certificate to this server with --certfile, and export the handler'
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  const name = (value.constructor as { name?: string } | undefined)?.name ?? 'Object'
  const keys = Object.keys(value).slice(0, 6).join(', ')
  return name === 'Object'
    ? `an object with ${keys === '' ? 'no keys' : `the keys ${keys}`}`
    : `an instance of ${name}`
}

export function serverApp(kind: string, appServer: http.Server): App {
  return {
    kind,
    attach: (server) => forwardRequests(server, appServer),
    close: () =>
      new Promise((resolve) => {
        if (appServer.listening) appServer.close(() => resolve())
        else resolve()
      }),
  }
}

/** `(req, res)`, also `(req, res, next)`. A `(...args)` function is a wrapper around a handler; its length says 0. */
function isHandler(value: (...values: never[]) => unknown): boolean {
  if (isClass(value)) return false
  return value.length >= 2 || /^(?:async\s*)?(?:function\s*[\w$]*\s*)?\(\s*\.\.\./.test(String(value))
}

function isClass(value: unknown): boolean {
  return isFunction(value) && /^class\b/.test(String(value))
}

function handlerApp(kind: string, handler: Handler): App {
  return {
    kind,
    attach: (server) => {
      server.on('request', (request, response) => answer(handler, request, response))
    },
    close: () => Promise.resolve(),
  }
}

/** One failing request is answered with 500 and logged; it does not end the worker and the requests beside it. */
function answer(handler: Handler, request: http.IncomingMessage, response: http.ServerResponse): void {
  try {
    const pending = handler(request, response)
    // A handler that is done at once needs no promise to be waited for.
    if (isThenable(pending)) failLater(response, pending)
  } catch (error) {
    fail(response, error)
  }
}

function failLater(response: http.ServerResponse, pending: PromiseLike<unknown>): void {
  pending.then(undefined, (error: unknown) => fail(response, error))
}

function fail(response: http.ServerResponse, error: unknown): void {
  console.error(error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error\n')
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function isHttpServer(value: unknown): value is http.Server {
  return value instanceof http.Server
}

interface FastifyLike {
  server: unknown
  ready(): PromiseLike<unknown>
  routing: Handler
  close(): PromiseLike<unknown>
}

async function fastifyApp(fastify: FastifyLike): Promise<App> {
  await fastify.ready()
  // Through its own server where it has a plain one, so that upgrade listeners of plugins take part.
  const inner = isHttpServer(fastify.server)
    ? serverApp('Fastify', fastify.server)
    : handlerApp('Fastify', (request, response) => fastify.routing(request, response))
  const close = async () => {
    await fastify.close()
  }
  return { ...inner, close }
}

interface FetchLike {
  fetch(request: Request, env: object): Response | Promise<Response>
}

async function fetchApp(app: FetchLike): Promise<App> {
  const { getRequestListener } = await import('@hono/node-server')
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    errorHandler: (error) => {
      console.error(error)
      return new Response('Internal Server Error\n', { status: 500 })
    },
  })
  return handlerApp('{ fetch }', (request, response) => {
    const { url, headers } = request
    if (!saidToBeSecure(request) || !url?.startsWith('/')) return listener(request, response)
    // The adapter reads the URL before it returns, and looks at nothing but the socket for the scheme.
    request.url = `https://${headers.host ?? 'localhost'}${url}`
    try {
      return listener(request, response)
    } finally {
      request.url = url
    }
  })
}
