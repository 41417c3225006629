import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { serveApp } from '../helpers/serve-app.js'

const FIXTURES = fileURLToPath(new URL('../fixtures/apps-kinds', import.meta.url))

/** The error as a user sees it, and the exit code of the process. */
async function failure(spec: string): Promise<string> {
  const result = await serveApp(spec, FIXTURES, 100)
  if (!('error' in result)) {
    await result.stop()
    throw new Error(`${spec} was served as ${result.kind}`)
  }
  const { code, message, exit, suggestions } = result.error
  expect([exit, result.exitCode]).toEqual([4, 4])
  return [`${code}: ${message}`, ...suggestions.map((suggestion) => `  → ${suggestion}`)]
    .join('\n')
    .replaceAll(FIXTURES, '<cwd>')
}

test.each([
  'kinds/nmaed.js',
  'kinds/named',
  'kinds/named.js:nope',
  'errors/broken.js',
  'errors/broken.cjs',
  'errors/broken.ts',
  'errors/broken-import.js',
  'errors/link.js',
  'errors/json.js',
  'errors/throws.js',
  'errors/throws.ts',
  'errors/throws-object.js',
  'errors/rejects.js',
  'errors/no-package.js',
  'errors/no-package.ts',
  'errors/no-file.js',
  'errors/no-file.ts',
  'errors/nothing.js',
  'errors/number.js',
  'errors/class.js',
  'errors/response.js',
  'errors/cluster.js',
  'errors/https.js',
])('%s', async (spec) => {
  expect(await failure(spec)).toMatchSnapshot()
})

// Newer versions of Node run plain TypeScript themselves.
test.skipIf('typescript' in process.features)('JavaScript that imports TypeScript', async () => {
  expect(await failure('errors/imports-ts.js')).toContain('Name the TypeScript entry')
})
