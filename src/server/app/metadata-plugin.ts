import { readFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'
import { withIdentity } from './identity-plugin.js'

type TypeScript = typeof import('typescript')
type Options = import('typescript').CompilerOptions

/** A decorator at the beginning of a line, or in front of a parameter. */
const DECORATOR = /(?:^|[(,])\s*@[A-Za-z_$]/m
const ASKS_FOR_METADATA = /"emitDecoratorMetadata"\s*:\s*true/

/**
 * Dependency injection by constructor types (NestJS, TypeORM and others) reads metadata that only TypeScript itself writes. Where the
 * app's tsconfig.json asks for it, files with decorators pass through the TypeScript that the app's own project has, one by one and without
 * type checks; the rest is esbuild's.
 */
export function metadataPlugin(format: 'esm' | 'cjs'): Plugin {
  return {
    name: 'decorator-metadata',
    setup(build) {
      const optionsByConfig = new Map<string, Options | null>()
      build.onLoad({ filter: /\.[cm]?tsx?$/, namespace: 'file' }, async ({ path }) => {
        const source = await readFile(path, 'utf8')
        if (!DECORATOR.test(source)) return undefined
        const config = nearestConfig(dirname(path))
        if (config === null) return undefined
        const typescript = typescriptOf(path)
        if (typescript === null) {
          // Only a guess, since whoever reads the file properly is not here.
          if (!ASKS_FOR_METADATA.test(readFileSync(config, 'utf8'))) return undefined
          const text = `Cannot find package "typescript", which writes the decorator metadata that ${config} asks for`
          return { errors: [{ text }] }
        }
        let options = optionsByConfig.get(config)
        if (options === undefined) optionsByConfig.set(config, (options = optionsOf(typescript, config)))
        if (options?.emitDecoratorMetadata !== true) return undefined
        // A single file does not tell whether an imported name is a type; the metadata of a type is Object. CommonJS finds that out when
        // it runs. In ES modules such a name must be imported with `import type`, as TypeScript demands there, too.
        const { CommonJS, ESNext } = typescript.ModuleKind
        const { outputText } = typescript.transpileModule(withIdentity(source, path), {
          fileName: path,
          compilerOptions: { ...options, ...OUTPUT, module: format === 'cjs' ? CommonJS : ESNext },
        })
        return { contents: outputText, loader: path.endsWith('x') ? 'tsx' : 'ts' }
      })
    },
  }
}

/** Line numbers survive through the map. */
const OUTPUT: Options = {
  isolatedModules: true,
  inlineSourceMap: true,
  sourceMap: false,
  declaration: false,
  noEmit: false,
  verbatimModuleSyntax: false,
  noEmitHelpers: false,
  importHelpers: false,
}

function optionsOf(typescript: TypeScript, config: string): Options | null {
  const { config: parsed, error } = typescript.readConfigFile(config, (path) =>
    typescript.sys.readFile(path),
  ) as {
    config?: object
    error?: unknown
  }
  // What is wrong with it, esbuild says better.
  if (parsed === undefined || error !== undefined) return null
  // The files of the project do not matter, only what it extends.
  const host = { ...typescript.sys, readDirectory: () => [] }
  return typescript.parseJsonConfigFileContent(parsed, host, dirname(config)).options
}

function nearestConfig(folder: string): string | null {
  const path = join(folder, 'tsconfig.json')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? null : nearestConfig(dirname(folder))
}

function typescriptOf(path: string): TypeScript | null {
  try {
    return createRequire(path)('typescript') as TypeScript
  } catch {
    return null
  }
}
