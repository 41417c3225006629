import { access } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** An app ready to be loaded by workers. `dispose` removes what compiling it left behind. */
export interface CompiledApp {
  entryPath: string
  exportName: string | null
  loader: 'plain' | 'esbuild'
  spec: string
  dispose(): void
}

export interface LoadedApp {
  kind: string
  /** Registers request and upgrade handling on the given server. */
  attach(server: Server): void
  close(): Promise<void>
}

export interface ListenContext {
  /** What `server.address()` of a module that listens itself must report. */
  address(): { address: string; family: string; port: number } | string | null
}

export class AppError extends Error {
  readonly code: string
  readonly exit: 2 | 3 | 4
  readonly suggestions: string[]

  constructor(message: string, options: { code: string; exit: 2 | 3 | 4; suggestions?: string[] }) {
    super(message)
    this.code = options.code
    this.exit = options.exit
    this.suggestions = options.suggestions ?? []
  }
}

/** @throws {AppError} when the file is not there. */
export async function compileApp(spec: string, cwd: string): Promise<CompiledApp> {
  const [path = spec, exportName = null] = spec.split(':')
  const entryPath = resolve(cwd, path)
  await access(entryPath).catch(() => {
    throw new AppError(`App file ${path} was not found in ${cwd}`, { code: 'TUNE_E_APP_NOT_FOUND', exit: 4 })
  })
  return { entryPath, exportName, loader: 'plain', spec, dispose: () => undefined }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** @throws {AppError} when the module cannot be loaded or holds no app. */
export async function loadApp(
  app: Pick<CompiledApp, 'entryPath' | 'exportName' | 'spec'>,
  ..._listen: [ListenContext]
): Promise<LoadedApp> {
  const module = await importModule(app.entryPath)
  const handler = module[app.exportName ?? 'default']
  if (typeof handler !== 'function') {
    throw new AppError(`${app.spec} exports no app`, { code: 'TUNE_E_APP_KIND', exit: 4 })
  }
  return {
    kind: '(req, res)',
    attach: (server) => void server.on('request', handler as Handler),
    close: () => Promise.resolve(),
  }
}

async function importModule(entryPath: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(entryPath).href)) as Record<string, unknown>
  } catch (error) {
    const code = error instanceof SyntaxError ? 'TUNE_E_APP_SYNTAX' : 'TUNE_E_APP_THREW'
    throw new AppError(`${entryPath}: ${String(error)}`, { code, exit: 4 })
  }
}
