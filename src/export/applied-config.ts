import {
  configurationEnvironment,
  THREAD_POOL_VARIABLE,
  type Configuration,
} from '../result/configuration.js'
import { replacesAsSoon, type Recycle } from '../result/recycle.js'
import { variablesOf } from '../result/variables.js'
import { provenance, type Answer } from './answer.js'
import { withRecycling } from './recycling.js'
import { comment } from './text.js'

type Serve = Readonly<Record<string, unknown>>

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
  { serve, budgets, ci }: { serve: Serve; budgets: string[]; ci: object },
  rollback: string,
): string {
  const { workerClass, workers, threads, workerConnections } = answer.configuration
  const recycle =
    answer.recycle !== null && isRecycledSoonEnough(answer.recycle, serve)
      ? { ...answer.recycle, ...presentRecycling(serve) }
      : answer.recycle
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
  const head = provenance(withRecycling({ ...answer, recycle }, 'requests')).slice(0, -1)
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

/** Of a worker that leaks: a file that replaces it as soon already is not made to wait. */
export function isRecycledSoonEnough(recycle: Recycle, serve: Serve): boolean {
  return replacesAsSoon(presentRecycling(serve), recycle)
}

function presentRecycling({ maxRequests, maxRequestsJitter }: Serve): Recycle {
  return { maxRequests: Number(maxRequests ?? 0), maxRequestsJitter: Number(maxRequestsJitter ?? 0) }
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
