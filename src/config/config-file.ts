import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { z } from 'zod'
import { EXIT, TuneError } from '../result/error.js'
import { budgetsConfigSchema, ciConfigSchema, type CiConfig } from './ci-config.js'
import { importConfigModule } from './import-config.js'
import { serveHooksSchema, type ServeHooks } from './serve-hooks.js'
import { SERVE_KEYS, type ServeKey } from './serve-settings.js'

const CONFIG_NAMES = ['tune.config.ts', 'tune.config.mjs', 'tune.config.js', 'tune.config.json']
const EXTENSIONS = ['.ts', '.mts', '.mjs', '.js', '.json']

export interface ConfigFile {
  path: string
  serve: Partial<Record<ServeKey, unknown>>
  hooks: ServeHooks
  /** As `--budget` takes them. */
  budgets: string[]
  ci: CiConfig
}

/** Of `serve` the keys only: its values are checked where they are used, with the message that a flag would get. */
const configSchema = z.strictObject({
  serve: z
    .strictObject({
      ...Object.fromEntries(SERVE_KEYS.map((key) => [key, z.unknown().optional()])),
      hooks: serveHooksSchema.optional(),
    })
    .optional(),
  budgets: budgetsConfigSchema.optional(),
  ci: ciConfigSchema.optional(),
})

/**
 * Reads the given config file, or the one found in the directory.
 *
 * @returns `null` when none was asked for and none is there.
 * @throws {TuneError} `TUNE_E_CONFIG`, exit 2, when it is missing, unreadable or wrong.
 */
export async function readConfigFile(directory: string, given?: string): Promise<ConfigFile | null> {
  const path = given === undefined ? findConfig(directory) : resolve(directory, given)
  if (path === null) return null
  const parsed = configSchema.safeParse(await contentOf(path))
  if (parsed.success) {
    const { serve: { hooks = {}, ...serve } = {}, budgets = [], ci = {} } = parsed.data
    return { path, serve, hooks: hooks as ServeHooks, budgets: budgets.map(budgetText), ci }
  }
  throw wrongConfig(path, describeIssue(parsed.error.issues[0]))
}

function budgetText(budget: string | { limit: string; level?: 'error' | 'warn' | undefined }): string {
  if (typeof budget === 'string') return budget
  return budget.level === undefined ? budget.limit : `${budget.level}: ${budget.limit}`
}

function findConfig(directory: string): string | null {
  return CONFIG_NAMES.map((name) => join(directory, name)).find((path) => existsSync(path)) ?? null
}

async function contentOf(path: string): Promise<unknown> {
  if (!existsSync(path)) throw wrongConfig(path, 'there is no such file')
  if (!EXTENSIONS.includes(extname(path))) {
    throw wrongConfig(path, `its name must end in ${EXTENSIONS.join(', ')}`)
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw wrongConfig(path, String(error))
  })
  try {
    return extname(path) === '.json' ? (JSON.parse(text) as unknown) : await importConfigModule(path)
  } catch (error) {
    throw wrongConfig(path, error instanceof Error ? error.message : String(error))
  }
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const where = issue?.path.length ? issue.path.join('.') : 'its default export'
  if (issue?.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${key}"`).join(', ')
    return `${keys} is not known${issue.path.length ? ` in ${where}` : ''}`
  }
  if (where === 'serve' || where === 'ci' || issue?.path.length === 0) return `${where} must be an object`
  return `${where}: ${issue?.message ?? 'it is not valid'}`
}

function wrongConfig(path: string, why: string): TuneError {
  return new TuneError(`Cannot use the config file ${path}: ${why}`, {
    code: 'TUNE_E_CONFIG',
    exit: EXIT.usage,
    suggestions: [`A config file looks like: export default { serve: { workers: 'auto' } }`],
  })
}
