import { readFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Loader, Plugin } from 'esbuild'

const LOADERS: Partial<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
}

/** Free names in the source that stand for the module's place, and what esbuild is to write instead. */
export const IDENTITY_DEFINES = {
  'import.meta': '__tuneMeta',
  __dirname: '__tuneDirname',
  __filename: '__tuneFilename',
}
const MENTIONS_IDENTITY = /import\s*\.\s*meta|__dirname|__filename/

// Hashbang, blanks, comments and directives ('use strict'), which all must stay first in the file.
const HEAD = /^(?:#![^\n]*|\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(['"])use [\w ]+\1[ \t]*;?)*/

/**
 * Bundling moves every module into one file in another folder. This plugin gives each module its own `import.meta`,
 * `__dirname` and `__filename` back, so that files read relative to a module are still found.
 */
export const identityPlugin: Plugin = {
  name: 'module-identity',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!MENTIONS_IDENTITY.test(source)) return undefined
      return { contents: withIdentity(source, path), loader: LOADERS[extname(path)] ?? 'js' }
    })
  },
}

/** The source with its identity declared up front, on a line it already has: line numbers do not move. */
export function withIdentity(source: string, path: string): string {
  const head = HEAD.exec(source)?.[0].length ?? 0
  const url = pathToFileURL(path).href
  const declarations = [
    `__tuneFilename=${JSON.stringify(path)}`,
    `__tuneDirname=${JSON.stringify(dirname(path))}`,
    `__tuneMeta={url:${JSON.stringify(url)},filename:__tuneFilename,dirname:__tuneDirname,resolve:${RESOLVE}}`,
  ]
  return `${source.slice(0, head)};const ${declarations.join(',')};${source.slice(head)}`
}

// `import.meta.resolve` of the compiled file would start from the wrong folder. getBuiltinModule: Node >= 20.16.
const RESOLVE = `(s)=>{
const {createRequire:c,isBuiltin:b}=process.getBuiltinModule("node:module");
if(/^\\.{0,2}\\//.test(s))return new URL(s,__tuneMeta.url).href;
const p=c(__tuneMeta.url).resolve(s);
return b(p)?"node:"+p.replace(/^node:/,""):process.getBuiltinModule("node:url").pathToFileURL(p).href}`.replaceAll(
  '\n',
  '',
)
