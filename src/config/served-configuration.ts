import { threadPoolOf, type Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import { variablesOf } from '../result/variables.js'
import type { ConfigFile } from './config-file.js'
import { resolveServe } from './resolve-serve.js'
import type { ServeValues } from './serve-config.js'
import { SERVE_DEFAULTS } from './serve-defaults.js'
import { workerCount } from './worker-count.js'

/** Flags that name a configuration, by their names. */
export interface ConfigurationFlags {
  'worker-class'?: string | undefined
  workers?: string | undefined
  threads?: string | undefined
  'worker-connections'?: string | undefined
}

/**
 * What two versions are served with: flags, else the `serve` section, else one async worker per CPU. The environment is left out: a
 * build machine's PORT and WEB_CONCURRENCY say nothing of where the app will run.
 */
export function servedConfiguration(
  flags: ConfigurationFlags,
  config: ConfigFile | null,
  machine: Machine,
): Configuration {
  const { values, origins } = resolveServe({
    flags: { ...flags },
    env: {},
    config: config && { path: config.path, values: config.serve },
    defaults: { ...SERVE_DEFAULTS, workerClass: 'async', workers: 'auto' },
  })
  return configurationOf(values, workerCount(values.workers, origins.workers, machine))
}

/** What so many workers with these settings are. */
export function configurationOf(
  { workerClass, threads, workerConnections, env }: ServeValues,
  workers: number,
): Configuration {
  const threadPool = threadPoolOf(variablesOf(env))
  return {
    ...{ workerClass, workers, workerConnections },
    threads: workerClass === 'sync' ? 1 : threads,
    ...(threadPool === undefined ? {} : { threadPool }),
  }
}
