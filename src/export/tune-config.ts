import { provenance, type Answer } from './answer.js'
import { GRACEFUL_SECONDS, startVariables } from './start-command.js'
import { comment } from './text.js'

/** tune.config.ts, which `tune serve` finds beside the app. */
export function tuneConfig(answer: Answer, port: number): string {
  const { recycle } = answer
  const { workerClass, workers, threads, workerConnections } = answer.configuration
  const variables = startVariables(answer, (name, value) => `${name}: '${value}'`)
  const settings = [
    `bind: '0.0.0.0:${port}',`,
    `workerClass: '${workerClass}',`,
    `workers: ${workers},`,
    ...(workerClass === 'sync' ? [] : [`threads: ${threads},`]),
    ...(workerClass === 'async' ? [`workerConnections: ${workerConnections},`] : []),
    ...(variables.length === 0 ? [] : [`env: { ${variables.join(', ')} },`]),
    ...(recycle === null
      ? []
      : [`maxRequests: ${recycle.maxRequests},`, `maxRequestsJitter: ${recycle.maxRequestsJitter},`]),
    `gracefulTimeout: ${GRACEFUL_SECONDS},`,
  ]
  const elsewhere =
    answer.server === 'bundled'
      ? []
      : [`it was measured under ${answer.server}; tune analyze measures the bundled server that reads this.`]
  return `${comment(provenance(answer, ...elsewhere), '//')}
import { defineConfig } from 'tune-prefork'

export default defineConfig({
  serve: {
${settings.map((line) => `    ${line}`).join('\n')}
  },
})
`
}
