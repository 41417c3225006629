import { dirname, extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { packagesPlugin } from './packages-plugin.js'

/** What config files import `defineConfig` from. They may do so where the package is not installed beside them. */
const PACKAGE = 'tune-prefork'
const OWN_INDEX = fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url))

let imported = 0

/**
 * @returns the default export of a JavaScript or TypeScript config file.
 * @throws what the file throws, or what its compiler says.
 */
export async function importConfigModule(path: string): Promise<unknown> {
  const code = await compile(path)
  // No file is written: images are read-only, and the user who serves seldom owns the app. Node loads equal addresses once only, and the
  // file is to run anew in each reload.
  const source = `${code}\n//# sourceURL=${pathToFileURL(path).href}?${++imported}`
  const address = `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`
  try {
    const module = (await orEndOfWork(import(address))) as { default?: unknown }
    return module.default
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(address, path)
    throw error
  }
}

/** Node would end without a word, and with exit code 13, when nothing is left that could let an `await` go on. */
async function orEndOfWork<Value>(work: Promise<Value>): Promise<Value> {
  let stuck: () => void = () => undefined
  const end = new Promise<never>((_, reject) => {
    stuck = () => reject(new Error('a top-level await waits for something that never happens'))
  })
  process.once('beforeExit', stuck)
  try {
    return await Promise.race([work, end])
  } finally {
    process.off('beforeExit', stuck)
  }
}

/** JavaScript goes the same way: a `.js` file may be written as either kind of module. */
async function compile(path: string): Promise<string> {
  // Loaded only when there is a config file: it costs more than the rest of the command together.
  const { build, stop } = await import('esbuild')
  const url = JSON.stringify(pathToFileURL(path).href)
  const file = JSON.stringify(path)
  const directory = JSON.stringify(dirname(path))
  try {
    const result = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: `node${process.versions.node}`,
      mainFields: ['main'],
      conditions: [],
      define: {
        'import.meta.url': url,
        'import.meta.filename': file,
        'import.meta.dirname': directory,
        __filename: file,
        __dirname: directory,
      },
      // CommonJS code in an ES module asks this one for packages.
      banner: {
        js: `import{createRequire as __tuneRequire}from"node:module";const require=__tuneRequire(${url});`,
      },
      plugins: [packagesPlugin({ [PACKAGE]: OWN_INDEX })],
      logLevel: 'silent',
    })
    return result.outputFiles[0]?.text ?? ''
  } finally {
    // Its service would stay for as long as this process does: a server's parent wants no such child.
    await stop()
  }
}
