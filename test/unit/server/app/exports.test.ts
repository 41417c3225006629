import { expect, test } from 'vitest'
import { candidates, defaultExport, exportNames, namedExport } from '../../../../src/server/app/exports.js'

const app = () => undefined
const admin = () => undefined
/** What `import()` gives for `module.exports = value`; Node 23 and later add the second key. */
const commonjs = (value: unknown) => ({ default: value, 'module.exports': value })

test.each([
  ['an ES module', { default: app }, app],
  ['module.exports = app', commonjs(app), app],
  ['compiled CommonJS', commonjs({ __esModule: true, default: app, admin }), app],
  ['compiled twice', commonjs({ default: { default: app } }), app],
  ['a primitive in compiled CommonJS', commonjs({ __esModule: true, default: 42 }), 42],
  ['no default', { app }, undefined],
  ['CommonJS without exports', commonjs({}), undefined],
])('default export of %s', (_name, namespace, expected) => {
  expect(defaultExport(namespace)).toBe(expected)
})

test('a default that refers to itself ends the unwrapping', () => {
  const self: { (): undefined; default?: unknown } = () => undefined
  self.default = self
  expect(defaultExport({ default: self })).toBe(self)
})

test('a named export is found in the module and in module.exports', () => {
  expect(namedExport({ default: app, admin }, 'admin')).toBe(admin)
  expect(namedExport(commonjs({ admin }), 'admin')).toBe(admin)
  expect(namedExport(commonjs({ __esModule: true, default: app }), 'default')).toBe(app)
  expect(namedExport({ default: {} }, 'toString')).toBeUndefined()
})

test('candidates: the default before the usual names', () => {
  expect(candidates({ server: admin, default: app })).toEqual([app, admin])
  expect(candidates({ other: admin })).toEqual([])
  const module = { fetch: app }
  expect(candidates(module)).toEqual([module])
})

test('names for messages leave out what compilers and Node add', () => {
  expect(exportNames({ default: app, admin })).toEqual(['default', 'admin'])
  expect(exportNames(commonjs({ __esModule: true, default: app, admin }))).toEqual(['default', 'admin'])
  expect(exportNames(commonjs({}))).toEqual([])
})
