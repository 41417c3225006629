import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import type { ConfigFile } from './config-file.js'
import { resolveServe } from './resolve-serve.js'
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
  const { workerClass, threads, workerConnections } = values
  return {
    workerClass,
    workers: workerCount(values.workers, origins.workers, machine),
    threads: workerClass === 'sync' ? 1 : threads,
    workerConnections,
  }
}
