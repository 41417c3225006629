import {
  configurationEnvironment,
  THREAD_POOL_VARIABLE,
  type Configuration,
} from '../result/configuration.js'
import { variablesOf } from '../result/variables.js'
import { provenance, type Answer } from './answer.js'
import { withRecycling } from './recycling.js'
import { comment } from './text.js'

/** Settings that the answer decides; all other data of an existing file stays as it was. */
const TUNED = ['workerClass', 'workers', 'threads', 'workerConnections', 'env']

/**
 * tune.config.ts as `tune analyze --apply` writes it: the answer over the settings that were there.
 *
 * @param existing what the config file that is replaced holds beside hooks
 * @param rollback the command that puts back what was there
 */
export function appliedConfig(
  answer: Answer,
  { serve, budgets, ci }: { serve: Readonly<Record<string, unknown>>; budgets: string[]; ci: object },
  rollback: string,
): string {
  const { workerClass, workers, threads, workerConnections } = answer.configuration
  const recycle = soonest(answer.recycle, serve.maxRequests)
  const env = environmentOf(serve.env, answer.configuration)
  const kept = Object.entries(serve).filter(([key, value]) => !TUNED.includes(key) && value !== undefined)
  const settings = {
    ...{ workerClass, workers },
    ...(workerClass === 'sync' ? {} : { threads }),
    ...(workerClass === 'async' ? { workerConnections } : {}),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...Object.fromEntries(kept),
    ...(recycle === null
      ? {}
      : { maxRequests: recycle.maxRequests, maxRequestsJitter: recycle.maxRequestsJitter }),
  }
  const head = provenance(withRecycling({ ...answer, recycle }, true)).slice(0, -1)
  return `${comment([...head, `Rollback: ${rollback}`], '//')}
import { defineConfig } from 'tune-prefork'

export default defineConfig({
  serve: {
${Object.entries(settings)
  .map(([key, value]) => `    ${key}: ${JSON.stringify(value)},`)
  .join('\n')}
  },
${budgets.length === 0 ? '' : `  budgets: ${JSON.stringify(budgets)},\n`}${Object.keys(ci).length === 0 ? '' : `  ci: ${JSON.stringify(ci)},\n`}})
`
}

/** Of a worker that leaks: a file that replaces it sooner already is not made to wait. */
function soonest(recycle: Answer['recycle'], existing: unknown): Answer['recycle'] {
  const present = Number(existing ?? 0)
  return recycle !== null && present > 0 && present < recycle.maxRequests
    ? { ...recycle, maxRequests: present }
    : recycle
}

/** The variables that were there, with libuv's pool as it was measured: a size that was there and is not part of the answer goes. */
function environmentOf(existing: unknown, configuration: Configuration): Record<string, unknown> {
  const isObject = typeof existing === 'object' && existing !== null && !Array.isArray(existing)
  const variables: [string, unknown][] = isObject
    ? Object.entries(existing)
    : Object.entries(variablesOf([existing ?? []].flat().map(String)))
  const others = variables.filter(([name]) => name !== THREAD_POOL_VARIABLE)
  return { ...Object.fromEntries(others), ...configurationEnvironment(configuration) }
}
