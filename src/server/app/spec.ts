import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { AppError } from './error.js'

export interface AppFile {
  /** Absolute path of an existing, readable file. */
  path: string
  /** The export to serve, `null` to look for one. */
  exportName: string | null
}

const SCRIPT = /\.[cm]?[jt]sx?$/
const EXPORT = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u

/**
 * Finds the file and the export that `path[:export]` names. A colon belongs to the path when such a file exists or
 * when what follows it is no identifier (`C:\app.ts`, `2024:01/app.ts`).
 */
export function locateApp(spec: string, cwd: string): AppFile {
  const { path, exportName } = splitSpec(spec, cwd)
  const kind = kindOf(path)
  if (kind === 'missing') throw notFound(spec, path, cwd)
  if (kind === 'directory') throw isDirectory(spec, path, cwd)
  if (!SCRIPT.test(path) && extname(path) !== '') {
    throw new AppError(`${spec} is neither JavaScript nor TypeScript`, {
      code: 'TUNE_E_APP_KIND',
      suggestions: [
        'Name the file that creates the app: a .js, .mjs, .cjs, .ts, .mts, .cts, .tsx or .jsx file',
      ],
    })
  }
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    throw new AppError(`${spec} may not be read by this user`, {
      code: 'TUNE_E_APP_NOT_FOUND',
      suggestions: [`Give this user read permission: chmod +r ${relative(cwd, path)}`],
      cause: error,
    })
  }
  return { path, exportName }
}

function splitSpec(spec: string, cwd: string): AppFile {
  const whole = resolve(cwd, spec)
  if (kindOf(whole) !== 'missing') return { path: whole, exportName: null }
  if (spec.endsWith(':') && kindOf(resolve(cwd, spec.slice(0, -1))) === 'file') {
    throw new AppError(`${spec} names no export after the colon`, {
      code: 'TUNE_E_APP_EXPORT',
      suggestions: [`Write ${spec}app for the export "app", or ${spec.slice(0, -1)} for the default one`],
    })
  }
  const [, path, exportName] = EXPORT.exec(spec) ?? []
  const drive = process.platform === 'win32' && path?.length === 1
  if (path === undefined || exportName === undefined || drive) return { path: whole, exportName: null }
  return { path: resolve(cwd, path), exportName }
}

function kindOf(path: string): 'file' | 'directory' | 'missing' {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 'missing'
  return stats.isDirectory() ? 'directory' : 'file'
}

function notFound(spec: string, path: string, cwd: string): AppError {
  const near = nearNames(basename(path), namesIn(dirname(path)))
  const folder = relative(cwd, dirname(path)) || '.'
  const where = spec.startsWith(path) ? '' : ` (looked for ${path})`
  if (/^https?:\/\//.test(spec)) {
    return new AppError(`${spec} is an address, not an app that can be started`, {
      code: 'TUNE_E_APP_NOT_FOUND',
      suggestions: [`Measure what runs there with tune bench --server url ${spec}`],
    })
  }
  return new AppError(`${spec} does not exist${where}`, {
    code: 'TUNE_E_APP_NOT_FOUND',
    suggestions:
      near.length > 0
        ? [`Did you mean ${near.map((name) => join(folder, name)).join(', ')}?`]
        : [`Check the path; it is relative to ${cwd}`],
  })
}

function isDirectory(spec: string, path: string, cwd: string): AppError {
  const scripts = namesIn(path).filter((name) => SCRIPT.test(name) && !/\.d\.[cm]?ts$/.test(name))
  const shown = scripts.slice(0, 5).map((name) => join(relative(cwd, path), name))
  return new AppError(`${spec} is a folder, not an app`, {
    code: 'TUNE_E_APP_NOT_FOUND',
    suggestions: [
      shown.length > 0 ? `Name the file: ${shown.join(', ')}` : 'Name the file that creates the app',
    ],
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** Scripts of the folder whose name is what was meant: same stem with another extension, or at most two slips away. */
export function nearNames(wanted: string, names: string[]): string[] {
  const stem = (name: string) => name.replace(SCRIPT, '').toLowerCase()
  const scored = names
    .filter((name) => SCRIPT.test(name))
    .map((name) => ({ name, distance: stem(name) === stem(wanted) ? 0 : editDistance(name, wanted) }))
    .filter(({ distance }) => distance <= 2)
  return scored
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let index = 0; index < a.length; index++) {
    const next = [index + 1]
    for (let column = 1; column <= b.length; column++) {
      const replace = (row[column - 1] ?? 0) + (a[index] === b[column - 1] ? 0 : 1)
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, replace))
    }
    row = next
  }
  return row[b.length] ?? 0
}
