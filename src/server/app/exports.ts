/** A module's namespace, as `import()` gives it. */
export type Namespace = Record<string, unknown>

/** Names under which modules that have no default export offer their app. */
const USUAL_NAMES = ['app', 'server', 'handler']

const hasMembers = (value: unknown): value is Namespace =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/**
 * The default export, unwrapped: compiled CommonJS reaches an importer as `default.default`. For plain CommonJS it is
 * `module.exports`, which is an empty object when the module exports nothing: `undefined` then.
 */
export function defaultExport(namespace: Namespace): unknown {
  let value = namespace.default
  while (hasMembers(value) && 'default' in value && value.default !== value) value = value.default
  return isPlain(value) && Object.keys(value).length === 0 ? undefined : value
}

/** The export called `name`, in the module or in its `module.exports`; `undefined` when there is none. */
export function namedExport(namespace: Namespace, name: string): unknown {
  if (name === 'default') return defaultExport(namespace)
  if (Object.hasOwn(namespace, name)) return namespace[name]
  const inner = namespace.default
  return hasMembers(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined
}

/** What may be the app, most likely first: the default, the usual names, and the module itself (`export function fetch`). */
export function candidates(namespace: Namespace): unknown[] {
  const named = USUAL_NAMES.map((name) => namedExport(namespace, name))
  const self = typeof namespace.fetch === 'function' ? namespace : undefined
  return [defaultExport(namespace), ...named, self].filter((value) => value !== undefined)
}

/** Names for messages, without what compilers and Node add. */
export function exportNames(namespace: Namespace): string[] {
  const inner = isPlain(namespace.default) ? Object.keys(namespace.default) : []
  const names = new Set([...Object.keys(namespace), ...inner])
  const nothing = isPlain(namespace.default) && defaultExport(namespace) === undefined
  return [...names].filter(
    (name) => !['__esModule', 'module.exports'].includes(name) && !(nothing && name === 'default'),
  )
}

function isPlain(value: unknown): value is Namespace {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
