import { inspect } from 'node:util'
import { EXIT, TuneError } from '../result/error.js'
import {
  SERVE_KEYS,
  SERVE_SETTINGS,
  variableOf,
  type ServeKey,
  type ServeSetting,
  type ServeValues,
} from './serve-settings.js'

/** Where values come from; the first that has one wins. */
export interface ServeSources {
  /** By flag name; undefined where the flag was not given. */
  flags: Record<string, unknown>
  env: Record<string, string | undefined>
  /** The `serve` section of the config file, and the file's path. */
  config: { path: string; values: Partial<Record<ServeKey, unknown>> } | null
  defaults: ServeValues
}

export interface ResolvedServe {
  values: ServeValues
  /** Who set the value, as the user wrote it: `--workers`, `WEB_CONCURRENCY`, `serve.workers in …`, or `default`. */
  origins: Record<ServeKey, string>
}

interface Found {
  value: unknown
  origin: string
}

/**
 * Flag before `TUNE_…` before the platform's variable before config file before default.
 *
 * @throws {TuneError} `TUNE_E_SETTING`, exit 2, naming the place of the wrong value.
 */
export function resolveServe(sources: ServeSources): ResolvedServe {
  const values: Partial<Record<ServeKey, unknown>> = { ...sources.defaults }
  const origins: Partial<Record<ServeKey, string>> = {}
  for (const key of SERVE_KEYS) {
    const found = lookUp(key, sources)
    if (found) values[key] = check(key, found)
    origins[key] = found?.origin ?? 'default'
  }
  return { values: values as ServeValues, origins: origins as Record<ServeKey, string> }
}

function lookUp(key: ServeKey, { flags, env, config }: ServeSources): Found | null {
  const setting = SERVE_SETTINGS[key]
  if (flags[setting.flag] !== undefined) return { value: flags[setting.flag], origin: `--${setting.flag}` }
  const own = variableOf(key)
  if (env[own]) return { value: fromVariable(key, env[own]), origin: own }
  // An empty variable is what shells and compose files make of an unset one.
  const text = setting.env && env[setting.env.name]
  if (setting.env && text) return { value: fromPlatform(setting.env, text), origin: setting.env.name }
  const value = config?.values[key]
  return config && value !== undefined ? { value, origin: `serve.${key} in ${config.path}` } : null
}

/** Several values in one variable are separated by commas, or line by line where they may hold commas. */
function fromVariable(key: ServeKey, text: string): string | string[] {
  const { multiple, separator = ',' } = SERVE_SETTINGS[key]
  if (!multiple) return text
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function fromPlatform({ name, own }: NonNullable<ServeSetting['env']>, text: string): string {
  if (own === undefined) return text
  if (!own.schema.safeParse(text).success) throw wrong({ value: text, origin: name }, own.expects)
  return own.toText(text)
}

function check(key: ServeKey, found: Found): unknown {
  const { schema, expects } = SERVE_SETTINGS[key]
  const parsed = schema.safeParse(found.value)
  if (parsed.success) return parsed.data
  throw wrong(found, expects)
}

function wrong({ value, origin }: Found, expects: string): TuneError {
  return new TuneError(`${origin} must be ${expects}, not ${shown(value)}`, {
    code: 'TUNE_E_SETTING',
    exit: EXIT.usage,
    suggestions: ['tune serve --help lists all settings'],
  })
}

/** As JSON, in which some values have no place. */
function shown(value: unknown): string {
  const hasJson = typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value)
  return hasJson ? JSON.stringify(value) : inspect(value, { depth: 1, breakLength: Infinity })
}
