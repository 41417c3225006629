import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What config files import `defineConfig` from. They may do so where the package is not installed beside them. */
const PACKAGE = 'tune-prefork'
const OWN_INDEX = fileURLToPath(new URL('../index.js', import.meta.url))

/** @returns the default export of a JavaScript or TypeScript config file. */
export async function importConfigModule(path: string): Promise<unknown> {
  // The compiled file lies beside the original, so that its imports of packages are found from there.
  const compiled = join(dirname(path), `.tune.config.${process.pid}.${Date.now()}.mjs`)
  try {
    await writeFile(compiled, await compile(path))
    const module = (await import(pathToFileURL(compiled).href)) as { default?: unknown }
    return module.default
  } finally {
    await rm(compiled, { force: true })
  }
}

/** JavaScript goes the same way: a `.js` file may be written as either kind of module. */
async function compile(path: string): Promise<string> {
  // Loaded only when there is a config file: it costs more than the rest of the command together.
  const { build } = await import('esbuild')
  const result = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    packages: 'external',
    external: [OWN_INDEX],
    alias: { [PACKAGE]: OWN_INDEX },
    logLevel: 'silent',
  })
  return result.outputFiles[0]?.text ?? ''
}
