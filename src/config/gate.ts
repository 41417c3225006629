import { basename } from 'node:path'
import type { Budget } from '../result/budget.js'
import { parseBudgets } from './budget.js'
import type { ConfigFile } from './config-file.js'
import { parseDuration } from './duration.js'
import { namesIn, parseRequest } from './request.js'

export const GATE_SECONDS = { min: 3, max: 3600 }

/** The budgets of a config file. An error names the place: `budgets[1] in tune.config.ts`. */
export function configuredBudgets({ budgets, path }: ConfigFile): Budget[] {
  return parseBudgets(budgets, (index) => `budgets[${index}] in ${basename(path)}`)
}

/**
 * Checks what a config file says for `tune ci`, without any of its flags.
 * @throws TuneError (usage) for the first thing that would stop it.
 */
export function checkGate(file: ConfigFile): void {
  configuredBudgets(file)
  const { time, request } = file.ci
  if (time !== undefined) parseDuration(time, `ci.time in ${basename(file.path)}`, GATE_SECONDS)
  if (request === undefined) return
  const header = Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  const given = { path: request.path ?? '/', method: request.method ?? 'GET', header, body: request.body }
  parseRequest(given, namesIn(basename(file.path)))
}
