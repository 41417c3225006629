import { configurationEnvironment } from '../result/configuration.js'
import { provenance, type Answer } from './answer.js'
import { comment } from './text.js'

/** Settings that the answer decides; everything else of an existing file stays as it was. */
const TUNED = ['workerClass', 'workers', 'threads', 'workerConnections']

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
  const kept = Object.entries(existing).filter(([key, value]) => !TUNED.includes(key) && value !== undefined)
  const settings = [
    ['workerClass', workerClass],
    ['workers', workers],
    ...(workerClass === 'sync' ? [] : [['threads', threads]]),
    ...(workerClass === 'async' ? [['workerConnections', workerConnections]] : []),
    ...kept,
  ]
  const variables = Object.entries(configurationEnvironment(answer.configuration)).map(
    ([name, value]) =>
      `${name}=${value} in the environment of tune serve: no setting of this file can do that.`,
  )
  const head = provenance(answer, ...variables).slice(0, -1)
  return `${comment([...head, `Rollback: ${rollback}`], '//')}
import { defineConfig } from 'tune-prefork'

export default defineConfig({
  serve: {
${settings.map(([key, value]) => `    ${String(key)}: ${JSON.stringify(value)},`).join('\n')}
  },
})
`
}
