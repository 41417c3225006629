import type { ServeConfig } from './serve-config.js'

/** What `tune.config.ts` (or `.mjs`, `.js`, `.json`) may hold. */
export interface TuneConfig {
  /** Settings of `tune serve`. */
  serve?: ServeConfig
}

/** Gives a config file its types; the object itself is returned as it is. */
export function defineConfig(config: TuneConfig): TuneConfig {
  return config
}
