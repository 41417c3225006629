import { AppError } from './error.js'
import { namedExport, type Namespace } from './exports.js'

const HOOKS = ['onStartup', 'onShutdown'] as const
type Hook = (() => unknown) | null

/** What the app's module wants to be called for, beside requests. */
export interface AppHooks {
  onStartup: Hook
  onShutdown: Hook
}

/** @throws AppError when an export of that name is no function. */
export function hooksOf(spec: string, namespace: Namespace): AppHooks {
  const [onStartup = null, onShutdown = null] = HOOKS.map((name) => hookOf(spec, namespace, name))
  return { onStartup, onShutdown }
}

function hookOf(spec: string, namespace: Namespace, name: string): Hook {
  const value = namedExport(namespace, name)
  if (value === undefined) return null
  if (typeof value === 'function') return value as () => unknown
  throw new AppError(`${spec}: its export ${name} is no function`, {
    code: 'TUNE_E_APP_KIND',
    suggestions: [`Export a function, sync or async, as ${name}; it is called without arguments`],
  })
}
