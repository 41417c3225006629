import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { usageError } from '../result/error.js'

/** Where an app runs, and what it is called there. */
export interface AppPlace {
  cwd: string
  /** `path[:export]`, relative to `cwd`. */
  app: string
}

/**
 * The app that `spec` names from `from`, run in its own package: the nearest folder above it with a package.json, as it would be
 * run from a checkout of its own.
 */
export function placeOfApp(spec: string, from: string): AppPlace {
  const { path, suffix } = splitExport(spec, from)
  const cwd = packageFolder(dirname(path)) ?? dirname(path)
  return { cwd, app: `${relative(cwd, path)}${suffix}` }
}

/**
 * @throws TuneError (usage) when that is no folder
 */
export function checkoutFolder(path: string): string {
  const folder = resolve(path)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder
  throw usageError(
    `${path} is not a folder`,
    'With --app, name two checkouts: tune compare ../main . --app app.ts',
  )
}

/** A colon belongs to the path where such a file exists. */
function splitExport(spec: string, from: string): { path: string; suffix: string } {
  const whole = resolve(from, spec)
  const [, path, name] = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(spec) ?? []
  if (existsSync(whole) || path === undefined || name === undefined) return { path: whole, suffix: '' }
  return { path: resolve(from, path), suffix: `:${name}` }
}

function packageFolder(folder: string): string | null {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  return parent === folder ? null : packageFolder(parent)
}
