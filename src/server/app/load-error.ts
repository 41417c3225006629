import { readFileSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { AppError } from './error.js'

export interface FailedApp {
  entryPath: string
  spec: string
}

const OWN_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)))
/** Node shows the place of a CommonJS syntax error above the stack: `file:line`, the code line, the carets. */
const HEADER = /^(?:file:\/\/)?(\S[^\n]*:\d+)\n([^\n]*)\n(\s*\^+)/

const UNLINKED = /does not provide an export named|^Named export /

/** Turns whatever the import of an app threw into a message that points at the user's own line. */
export async function loadError(error: unknown, app: FailedApp, cwd: string): Promise<AppError> {
  if (error instanceof AppError) return error
  if (!(error instanceof Error)) {
    return threw(`${app.spec} threw ${inspect(error, { depth: 1 })} while it was loading`, error)
  }
  const stack = error.stack ?? ''
  if (error.name === 'SyntaxError') {
    const place = await syntaxPlace(stack, app, cwd)
    if (UNLINKED.test(error.message)) return missingImport(error, app, cwd, place ?? '')
    if (place !== null) {
      return new AppError(`${app.spec} has a syntax error: ${error.message}${place}`, {
        code: 'TUNE_E_APP_SYNTAX',
        cause: error,
      })
    }
  }
  const frame = userFrame(stack, cwd)
  const where = frame === null ? '' : `\n  at ${frame}`
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return missingImport(error, app, cwd, where)
  }
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return new AppError(`${app.spec} imports a file that Node cannot run: ${error.message}`, {
      code: 'TUNE_E_APP_IMPORT',
      suggestions: ['Name the TypeScript entry: it is compiled with everything that it imports'],
      cause: error,
    })
  }
  return threw(`${app.spec} threw while it was loading: ${describe(error)}${where}`, error)
}

function threw(message: string, error: unknown): AppError {
  const refused = (error as NodeJS.ErrnoException | null)?.code === 'ECONNREFUSED'
  const suggestions = refused ? ['Start the service that the app connects to when it starts'] : []
  return new AppError(message, { code: 'TUNE_E_APP_THREW', suggestions, cause: error })
}

/** `Name [CODE]: message`; an AggregateError (one per address tried) has no message of its own. */
function describe(error: Error): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown }
  const inner: unknown = Array.isArray(errors) ? errors[0] : undefined
  const message = error.message === '' && inner instanceof Error ? inner.message : error.message
  const named = typeof code === 'string' && !message.includes(code) ? `${error.name} [${code}]` : error.name
  return message === '' ? named : `${named}: ${message}`
}

function missingImport(error: Error, app: FailedApp, cwd: string, where: string): AppError {
  const { message } = error
  const text = (message.split('\n')[0] ?? '')
    .replaceAll(app.entryPath, app.spec)
    .replaceAll(`${cwd}${sep}`, '')
  const name = /^Cannot find (?:package|module) '((?:@[^/']+\/)?[^./'][^/']*)/.exec(message)?.[1]
  return new AppError(`${app.spec} imports something that is not there: ${text}${where}`, {
    code: 'TUNE_E_APP_IMPORT',
    suggestions: [name === undefined ? 'Check that import' : `Install it: npm install ${name}`],
    cause: error,
  })
}

/** First frame in the user's code, relative to `cwd`: neither Node's, nor a package's, nor ours. */
export function userFrame(stack: string, cwd: string): string | null {
  for (const line of stack.split('\n')) {
    const raw = /^\s+at (?:.*\(|async )?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/.exec(line)?.[1]
    if (raw === undefined) continue
    const place = raw.startsWith('file://') ? fileURLToPath(raw) : raw
    if (/[\\/]node_modules[\\/]/.test(place) || place.startsWith(OWN_FOLDER)) continue
    return shorten(place, cwd)
  }
  return null
}

function shorten(place: string, cwd: string): string {
  const short = relative(cwd, place)
  return short.startsWith('..') ? place : short
}

/**
 * Where a module failed to parse or link, as message lines; `null` when running code threw the SyntaxError (JSON.parse).
 * V8 gives no place for ES modules, so esbuild reads the files once more and says.
 */
async function syntaxPlace(stack: string, app: FailedApp, cwd: string): Promise<string | null> {
  const header = HEADER.exec(stack)
  if (header !== null) {
    const [, place = '', code = '', carets = ''] = header
    return `\n  at ${shorten(place, cwd)}\n    ${code}\n    ${carets}`
  }
  const firstFrame = /^\s+at .*$/m.exec(stack)?.[0] ?? ''
  if (!firstFrame.includes('node:internal/modules/')) return null
  return (
    (await placeByEsbuild(app.entryPath, cwd)) ??
    `\n  in ${shorten(app.entryPath, cwd)} or a module it imports`
  )
}

async function placeByEsbuild(entryPath: string, cwd: string): Promise<string | null> {
  const [esbuild, { codeFrame, isBuildFailure }] = await Promise.all([
    import('esbuild'),
    import('./compile.js'),
  ])
  try {
    await esbuild.build({
      stdin: {
        contents: readFileSync(entryPath, 'utf8'),
        sourcefile: entryPath,
        resolveDir: dirname(entryPath),
      },
      absWorkingDir: dirname(entryPath),
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    })
    return null
  } catch (failure) {
    const errors = isBuildFailure(failure) ? failure.errors : []
    const first = errors.find(({ text }) => !text.startsWith('Could not resolve'))
    return first === undefined ? null : `\n${codeFrame(first, dirname(entryPath), cwd)}`
  } finally {
    await esbuild.stop()
  }
}
