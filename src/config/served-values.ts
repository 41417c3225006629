import { readConfigFile } from './config-file.js'
import { resolveServe } from './resolve-serve.js'
import type { ServeValues } from './serve-config.js'
import { SERVE_DEFAULTS } from './serve-defaults.js'

/**
 * What `tune serve` would run with in `directory`: its config file, else the defaults. The environment is left out, as it is the one in which
 * the app is measured, and not the one in which it will run.
 * @throws TuneError (usage) for a config file that `tune serve` would refuse
 */
export async function servedValues(directory: string): Promise<ServeValues> {
  const file = await readConfigFile(directory)
  const config = file && { path: file.path, values: file.serve }
  return resolveServe({ flags: {}, env: {}, config, defaults: SERVE_DEFAULTS }).values
}
