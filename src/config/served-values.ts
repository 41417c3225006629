import type { ConfigFile } from './config-file.js'
import { resolveServe } from './resolve-serve.js'
import type { ServeValues } from './serve-config.js'
import { SERVE_DEFAULTS } from './serve-defaults.js'

/**
 * What `tune serve` would run with beside this config file, or with none. The environment is left out, as it is the one in which the app is
 * measured, and not the one in which it will run.
 * @throws TuneError (usage) for settings that `tune serve` would refuse
 */
export function servedValues(file: ConfigFile | null): ServeValues {
  const config = file && { path: file.path, values: file.serve }
  return resolveServe({ flags: {}, env: {}, config, defaults: SERVE_DEFAULTS }).values
}
