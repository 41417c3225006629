import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { withIdentity } from '../../../../src/server/app/identity-plugin.js'

const path = '/srv/my app/lib/it’s "quoted".ts'
const sources = {
  plain: `const a = 1\nlog(a)\n`,
  hashbang: `#!/usr/bin/env node\nlog(1)\n`,
  directive: `'use strict'\nlog(1)\n`,
  'comments and directives': `// one\n/* two\n three */ "use strict"; 'use client'\nlog(1)\n`,
  'a string that is no directive': `'hello'.length\nlog(1)\n`,
  'pragma comment': `/** @jsx h */\nlog(1)\n`,
  'byte order mark': `\uFEFFlog(1)\n`,
  empty: '',
}

describe.each(Object.entries(sources))('%s', (_name, source) => {
  const result = withIdentity(source, path)

  test('keeps every line where it was', () => {
    expect(result.split('\n')).toHaveLength(source.split('\n').length)
    expect(result.split('\n').findIndex((line) => line.includes('log('))).toBe(
      source.split('\n').findIndex((line) => line.includes('log(')),
    )
  })

  test('is the source with one insertion', () => {
    const start = result.indexOf(';const __tuneFilename')
    const inserted = result.length - source.length
    expect(result.slice(0, start) + result.slice(start + inserted)).toBe(source)
  })
})

test('directives stay directives', () => {
  const strict = `'use strict'\nreturn (function () { return this })()`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the way to see whether the directive works
  expect(new Function(withIdentity(strict, path))()).toBeUndefined()
})

test('the declarations say where the module was', () => {
  const code = withIdentity('return [__tuneMeta, __tuneDirname]', path)
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- runs the declarations
  const [meta, dirname] = new Function(code)()
  expect(meta).toMatchObject({ url: pathToFileURL(path).href, filename: path, dirname: '/srv/my app/lib' })
  expect(dirname).toBe('/srv/my app/lib')
  expect(meta.resolve('./data.json')).toBe(new URL('./data.json', pathToFileURL(path)).href)
  expect(meta.resolve('fs')).toBe('node:fs')
})
