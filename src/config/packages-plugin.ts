import { isBuiltin } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'

/** Names and `#imports`; neither relative nor absolute paths. A pattern of Go, which reads it. */
const NAME = /^[^./\\]/
const SCHEME = /^[A-Za-z][\w+.-]+:/
const DRIVE = /^[A-Za-z]:/
const INNER = Symbol('resolution asked by this plugin')

/**
 * Packages stay outside the bundle, each by the absolute path that Node would have found from the importing file: the bundle has no place of
 * its own from which names could be looked up.
 *
 * @param aliases absolute paths of packages that need not be installed.
 */
export function packagesPlugin(aliases: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'packages',
    setup(build) {
      build.onResolve({ filter: NAME }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData === INNER || DRIVE.test(path)) return undefined
        if (isBuiltin(path) || SCHEME.test(path)) return { path, external: true }
        const isRequire = kind === 'require-call' || kind === 'require-resolve'
        // Bundled: it is an ES module, which those who require it in Node 20 would not get.
        if (aliases[path] !== undefined) return { path: aliases[path] }
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: INNER })
        if (found.errors.length > 0) {
          if (kind === 'import-statement') return { errors: [{ text: `Cannot find package "${path}"` }] }
          // A require or import() may stand in a try block: it fails when it is reached, with the words of Node.
          return external(isRequire ? path : join(resolveDir, 'node_modules', path), isRequire)
        }
        const isInstalled = found.path.split(sep).includes('node_modules')
        return isInstalled ? external(found.path, isRequire) : undefined
      })
    },
  }
}

function external(path: string, isRequire: boolean): { path: string; external: true } {
  return { path: isRequire ? path : pathToFileURL(path).href, external: true }
}
