import { configurationKey, type Configuration } from './configuration.js'
import type { ServerName } from './server.js'

/** A server in one configuration; without a name where only one server is measured. */
export interface Host {
  server?: ServerName | null | undefined
  configuration: Configuration
}

/** Identity of a host, e.g. `sync-5`, or `pm2:async-5x1000` among several servers. */
export function hostKey({ server, configuration }: Host): string {
  const key = configurationKey(configuration)
  return server === undefined || server === null ? key : `${server}:${key}`
}

/** What the trials of a matrix name as their target. */
export function targetName(workload: string, host: Host): string {
  return `${workload}/${hostKey(host)}`
}
