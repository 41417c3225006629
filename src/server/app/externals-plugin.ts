import { isBuiltin } from 'node:module'
import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ImportKind, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild'

const RELATIVE = /^(?:\.{0,2}[\\/]|\.{1,2}$|[A-Za-z]:[\\/])/
const SCHEME = /^[A-Za-z][\w+.-]+:/
const INNER = Symbol('resolution asked by this plugin')

/** Node's own conditions beside `import`/`require`, `node` and `default`, which esbuild adds. */
export const NODE_CONDITIONS = [
  'node-addons',
  ...('require_module' in process.features && process.features.require_module ? ['module-sync'] : []),
]

/**
 * Packages stay outside the bundle, as they are on disk: their code is plain JavaScript already and may hold state, addons
 * or files. The bundle lies in another folder, so each is written as the absolute path that Node would have found from
 * the importing module. Local files, and workspace packages that link to local folders, are bundled.
 */
export function externalsPlugin(format: 'esm' | 'cjs'): Plugin {
  return {
    name: 'node-externals',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => {
        if (args.kind === 'entry-point' || args.pluginData === INNER) return undefined
        if (isBuiltin(args.path)) return { path: args.path, external: true }
        // data: is esbuild's to read; any other scheme (node: modules of a newer Node, file:) is Node's.
        if (SCHEME.test(args.path) && !RELATIVE.test(args.path)) {
          return args.path.startsWith('data:') ? undefined : { path: args.path, external: true }
        }
        return resolveAsNode(build, args, format)
      })
    },
  }
}

async function resolveAsNode(
  build: PluginBuild,
  args: OnResolveArgs,
  format: 'esm' | 'cjs',
): Promise<OnResolveResult | undefined> {
  const { path, importer, namespace, resolveDir, with: attributes } = args
  // A CommonJS output turns import statements into require(), as tsc does: the package must be its require flavour.
  const kind = format === 'cjs' && args.kind === 'import-statement' ? 'require-call' : args.kind
  const found = await build.resolve(path, {
    kind,
    importer,
    namespace,
    resolveDir,
    with: attributes,
    pluginData: INNER,
  })
  if (found.errors.length > 0) return unresolved(path, args.kind)
  const inPackage = found.path.split(sep).includes('node_modules')
  // A path asked for by require.resolve() is wanted as a path; a native addon cannot be bundled.
  const outside = inPackage || found.path.endsWith('.node') || kind === 'require-resolve'
  if (!outside || found.namespace !== 'file') return undefined
  return { path: isImport(kind) ? pathToFileURL(found.path).href : found.path, external: true }
}

function isImport(kind: ImportKind): boolean {
  return kind === 'import-statement' || kind === 'dynamic-import'
}

/**
 * A missing package ends the load at once only where Node would have: a static import. A `require` or `import()` may be an
 * optional dependency inside a try block, so it stays as it is and fails at run time. Relative paths are esbuild's to report.
 */
function unresolved(path: string, kind: ImportKind): OnResolveResult | undefined {
  if (RELATIVE.test(path)) return undefined
  if (kind === 'import-statement') return { errors: [{ text: `Cannot find package "${path}"` }] }
  return { path, external: true }
}
