import type { CiConfig } from './ci-config.js'
import type { ServeConfig } from './serve-config.js'
import type { ServeHooks } from './serve-hooks.js'

/** What `tune.config.ts` (or `.mjs`, `.js`, `.json`) may hold. */
export interface TuneConfig {
  /** Settings of `tune serve`; `tune ci` measures the app with the same workers. */
  serve?: ServeConfig & { hooks?: ServeHooks }
  /**
   * Limits that `tune ci` holds the app to, such as `latency.p99 < 250ms` or `rps vs baseline >= -5%`; `warn: …` or
   * level `warn` reports without failing.
   */
  budgets?: (string | { limit: string; level?: 'error' | 'warn' })[]
  /** What `tune ci` measures. */
  ci?: CiConfig
}

/** Gives a config file its types; the object itself is returned as it is. */
export function defineConfig(config: TuneConfig): TuneConfig {
  return config
}
