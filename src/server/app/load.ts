import type http from 'node:http'
import { pathToFileURL } from 'node:url'
import { inBuildDirectory } from './build-directory.js'
import { hooksOf } from './app-hooks.js'
import { AppError } from './error.js'
import { candidates, defaultExport, exportNames, namedExport, type Namespace } from './exports.js'
import { captureListen, keepListening, type ListenCapture, type ListenContext } from './listen-capture.js'
import { loadError } from './load-error.js'
import { isFactory, recognise, serverApp, whatItIs, type App } from './recognise.js'
import { whileLoading } from './while-loading.js'

/** An app that is ready for requests. */
export interface LoadedApp {
  /** `(req, res)`, `Express`, `Koa`, `Fastify`, `{ fetch }`, `{ handler }`, `http.Server` or `listen()`. */
  kind: string
  /**
   * Registers request and upgrade handling on a server of the worker, before that server listens. Timeouts that the app
   * set on its own `http.Server` are copied; what the worker sets afterwards wins.
   */
  attach(server: http.Server): void
  /** Runs the app's own shutdown: Fastify's hooks, the `close` event of its server, then the module's `onShutdown`. */
  close(): Promise<void>
}

interface AppEntry {
  entryPath: string
  exportName: string | null
  spec: string
}

/** How long a module without a usable export may take until it calls `listen()`: it may connect to a database first. */
export const LISTEN_WAIT_MS = 10_000

const ACCEPTED = [
  'Export one of: a (req, res) function, an Express, Koa or Fastify app, an object with fetch (Hono) or handler, an http.Server, a function without parameters that returns one of these',
  'Or let the module call listen() itself',
]

/**
 * Imports the app in this process or thread, finds what it is and makes it ready.
 * Never settles when the module's top-level await does not: the caller has a boot timeout.
 * @throws AppError
 */
export async function loadApp(
  app: AppEntry,
  listen: ListenContext,
  options: { listenWaitMs?: number; cwd?: string } = {},
): Promise<LoadedApp> {
  // Measured: 0.2 MB of heap for 60 modules, 5 µs for each stack that is read.
  if (inBuildDirectory(app.entryPath)) process.setSourceMapsEnabled(true)
  const capture = captureListen(listen)
  try {
    const { found, onShutdown } = await whileLoading(async () => {
      const namespace = (await import(pathToFileURL(app.entryPath).href)) as Namespace
      const { onStartup, onShutdown } = hooksOf(app.spec, namespace)
      const found = await find(app, namespace, capture, options.listenWaitMs ?? LISTEN_WAIT_MS)
      await onStartup?.()
      return { found, onShutdown }
    })
    return {
      kind: found.kind,
      attach: (server) => {
        keepListening(server)
        found.attach(server)
      },
      close: async () => {
        await found.close()
        await onShutdown?.()
      },
    }
  } catch (error) {
    capture.release()
    throw await loadError(error, app, options.cwd ?? process.cwd())
  }
}

async function find(
  app: AppEntry,
  namespace: Namespace,
  capture: ListenCapture,
  listenWaitMs: number,
): Promise<App> {
  if (app.exportName !== null) {
    const value = requireExport(app, namespace, app.exportName)
    const named = await appOf(app, value, capture)
    if (named !== null) return named
    throw notAnApp(app, `its export "${app.exportName}" is ${whatItIs(value)}`, capture)
  }
  const already = capture.server()
  if (already !== null) return serverApp('listen()', already)
  for (const value of candidates(namespace)) {
    const candidate = await appOf(app, value, capture)
    if (candidate !== null) return candidate
  }
  const value = defaultExport(namespace)
  // A number, a string, a class as default export: no module that goes on to listen has one.
  const hopeless = value !== undefined && (typeof value !== 'object' || Array.isArray(value))
  const late = hopeless ? null : await capture.wait(listenWaitMs)
  if (late !== null) return serverApp('listen()', late)
  throw notAnApp(app, foundInstead(namespace, hopeless ? null : listenWaitMs), capture)
}

/** The app that `value` is or, if it is a factory, makes. A factory may listen instead of returning the app. */
async function appOf(app: AppEntry, value: unknown, capture: ListenCapture): Promise<App | null> {
  const itself = await recognise(value)
  if (itself !== null || !isFactory(value)) return itself
  const made = await value({})
  const server = capture.server()
  if (server !== null) return serverApp('listen()', server)
  if (made === undefined) return null
  const found = await recognise(made)
  if (found !== null) return found
  const hint = made instanceof Response ? '; a function that answers with a Response goes into { fetch }' : ''
  throw new AppError(
    `${app.spec}: its function was called for the app and returned ${whatItIs(made)}${hint}`,
    {
      code: 'TUNE_E_APP_KIND',
      suggestions: ['A (req, res) handler must declare both parameters', ...ACCEPTED],
    },
  )
}

function requireExport(app: AppEntry, namespace: Namespace, name: string): unknown {
  const value = namedExport(namespace, name)
  if (value !== undefined) return value
  const names = exportNames(namespace)
  throw new AppError(`${app.spec}: the module has no export "${name}"`, {
    code: 'TUNE_E_APP_EXPORT',
    suggestions: [names.length > 0 ? `It exports: ${names.join(', ')}` : 'It exports nothing'],
  })
}

function foundInstead(namespace: Namespace, waitedMs: number | null): string {
  const value = defaultExport(namespace)
  const names = exportNames(namespace).filter((name) => name !== 'default')
  const parts = [
    value === undefined ? 'it has no default export' : `its default export is ${whatItIs(value)}`,
    ...(names.length > 0 ? [`it exports ${names.slice(0, 8).join(', ')}`] : []),
    ...(waitedMs === null ? [] : [`it did not call listen() within ${waitedMs / 1000} s`]),
  ]
  return parts.join('; ')
}

function notAnApp(app: AppEntry, found: string, capture: ListenCapture): AppError {
  const encrypted = capture.sawEncrypted()
    ? [
        'It listens for HTTPS or HTTP/2 only: let it listen for plain HTTP and start the server with --certfile',
      ]
    : []
  return new AppError(`${app.spec} is not an app that can be served: ${found}`, {
    code: 'TUNE_E_APP_KIND',
    suggestions: [...encrypted, ...ACCEPTED],
  })
}
