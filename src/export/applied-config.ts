import {
  configurationEnvironment,
  THREAD_POOL_VARIABLE,
  type Configuration,
} from '../result/configuration.js'
import { variablesOf } from '../result/variables.js'
import { provenance, type Answer } from './answer.js'
import { comment } from './text.js'

/** Settings that the answer decides; everything else of an existing file stays as it was. */
const TUNED = ['workerClass', 'workers', 'threads', 'workerConnections', 'env']

/**
 * tune.config.ts as `tune analyze --apply` writes it: the answer over the settings that were there.
 *
 * @param existing the `serve` section of the config file that is replaced
 * @param rollback the command that puts back what was there
 */
export function appliedConfig(
  answer: Answer,
  existing: Readonly<Record<string, unknown>>,
  rollback: string,
): string {
  const { workerClass, workers, threads, workerConnections } = answer.configuration
  const env = environmentOf(existing.env, answer.configuration)
  const kept = Object.entries(existing).filter(([key, value]) => !TUNED.includes(key) && value !== undefined)
  const settings = {
    ...{ workerClass, workers },
    ...(workerClass === 'sync' ? {} : { threads }),
    ...(workerClass === 'async' ? { workerConnections } : {}),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...Object.fromEntries(kept),
  }
  const head = provenance(answer).slice(0, -1)
  return `${comment([...head, `Rollback: ${rollback}`], '//')}
import { defineConfig } from 'tune-prefork'

export default defineConfig({
  serve: {
${Object.entries(settings)
  .map(([key, value]) => `    ${key}: ${JSON.stringify(value)},`)
  .join('\n')}
  },
})
`
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
