import { configurationKey, type Configuration } from './configuration.js'
import type { ServerName } from './server.js'

/** A server in one configuration; without a name where only the bundled server is measured. */
export interface Host {
  server?: ServerName | null | undefined
  configuration: Configuration
}

/** Identity of a host, e.g. `sync-5`, `pm2:async-5x1000` under another server, or `url`: nobody tells the shape of a server that runs already. */
export function hostKey({ server, configuration }: Host): string {
  if (server === 'url') return server
  const key = configurationKey(configuration)
  return server === undefined || server === null ? key : `${server}:${key}`
}

/** What the trials of a matrix name as their target. */
export function targetName(workload: string, host: Host): string {
  return `${workload}/${hostKey(host)}`
}
