import { basename, dirname, join, parse, relative, resolve } from 'node:path'
import type { BuildFailure, Message } from 'esbuild'
import { createBuildDirectory } from './build-directory.js'
import { AppError } from './error.js'
import { NODE_CONDITIONS, externalsPlugin } from './externals-plugin.js'
import { moduleFormat } from './format.js'
import { IDENTITY_DEFINES, identityPlugin } from './identity-plugin.js'
import { metadataPlugin } from './metadata-plugin.js'
import { locateApp } from './spec.js'

/** What workers load: plain JavaScript, the user's own file or one compiled from it. */
export interface CompiledApp {
  entryPath: string
  exportName: string | null
  loader: 'plain' | 'esbuild'
  /** As the user wrote it; messages use it. */
  spec: string
  /** Removes what was compiled. Workers that have loaded it do not need it any more. */
  dispose(): void
}

/**
 * Runs in the arbiter, once per (re)load, so that no worker pays for a TypeScript loader (15 to 30 MB each).
 * @throws AppError when there is no such file or it does not compile
 */
export async function compileApp(spec: string, cwd: string): Promise<CompiledApp> {
  const { path, exportName } = locateApp(spec, cwd)
  if (!/\.(?:[cm]?ts|[jt]sx)$/.test(path)) {
    return { entryPath: path, exportName, loader: 'plain', spec, dispose: () => undefined }
  }
  const directory = createBuildDirectory()
  try {
    const entryPath = await compile(path, directory.path)
    return { entryPath, exportName, loader: 'esbuild', spec, dispose: () => directory.remove() }
  } catch (error) {
    directory.remove()
    throw isBuildFailure(error) ? compileError(spec, error, dirname(path), cwd) : error
  }
}

async function compile(path: string, folder: string): Promise<string> {
  const format = moduleFormat(path)
  if (format !== 'unstated') return bundle(path, format, folder)
  // As tsx and ts-node do: without a "type" the file is CommonJS, unless it awaits at top level.
  try {
    return await bundle(path, 'cjs', folder)
  } catch (error) {
    if (!isBuildFailure(error) || !error.errors.every(({ text }) => text.startsWith('Top-level await')))
      throw error
    return bundle(path, 'esm', folder)
  }
}

async function bundle(path: string, format: 'esm' | 'cjs', folder: string): Promise<string> {
  const outfile = join(folder, `${parse(path).name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await withEsbuild((esbuild) =>
    esbuild.build({
      absWorkingDir: dirname(path),
      entryPoints: [path],
      outfile,
      format,
      bundle: true,
      platform: 'node',
      target: 'node20',
      conditions: NODE_CONDITIONS,
      mainFields: ['main'],
      sourcemap: 'inline',
      sourcesContent: false,
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      // Node runs every imported module; `sideEffects: false` is a promise to bundlers of front ends.
      ignoreAnnotations: true,
      define: IDENTITY_DEFINES,
      // `import x = require('x')` and bundled CommonJS files need a require in an ES module.
      ...(format === 'esm' && {
        banner: {
          js: 'import{createRequire as __tuneRequire}from"node:module";const require=__tuneRequire(import.meta.url);',
        },
      }),
      plugins: [externalsPlugin(format), metadataPlugin(format), identityPlugin],
    }),
  )
  return outfile
}

let running = 0

/** esbuild keeps a service process alive after its first build. The arbiter wants no such child: the last build stops it. */
async function withEsbuild<T>(run: (esbuild: typeof import('esbuild')) => Promise<T>): Promise<T> {
  const esbuild = await import('esbuild')
  running++
  try {
    return await run(esbuild)
  } finally {
    running--
    if (running === 0) await esbuild.stop()
  }
}

export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) && 'warnings' in error
}

function compileError(spec: string, failure: BuildFailure, folder: string, cwd: string): AppError {
  const [first, ...rest] = failure.errors
  if (first === undefined)
    return new AppError(`${spec} does not compile`, { code: 'TUNE_E_APP_SYNTAX', cause: failure })
  const missing = /^Cannot find package "((?:@[^/"]+\/)?[^/"]+)/.exec(first.text)?.[1]
  const unresolved = missing !== undefined || first.text.startsWith('Could not resolve')
  const more = rest.length > 0 ? `\n  and ${rest.length} more` : ''
  return new AppError(`${spec} does not compile: ${first.text}\n${codeFrame(first, folder, cwd)}${more}`, {
    code: unresolved ? 'TUNE_E_APP_IMPORT' : 'TUNE_E_APP_SYNTAX',
    suggestions:
      missing === undefined
        ? unresolved
          ? ['Check that import']
          : []
        : [`Install it: npm install ${missing}`],
    cause: failure,
  })
}

/** `file:line:column` and the line itself with a caret, in two or three lines. Columns count from 1. */
export function codeFrame(message: Message, folder: string, cwd: string): string {
  const { location } = message
  if (location === null) return ''
  const file = resolve(folder, location.file)
  const shown = relative(cwd, file).startsWith('..') ? file : relative(cwd, file) || basename(file)
  const line = location.lineText.slice(0, 200)
  const indent = line.slice(0, location.column).replace(/[^\t]/g, ' ')
  return `  at ${shown}:${location.line}:${location.column + 1}\n    ${line}\n    ${indent}^`
}
