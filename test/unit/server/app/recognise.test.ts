import http from 'node:http'
import https from 'node:https'
import { describe, expect, test } from 'vitest'
import { isFactory, recognise, whatItIs } from '../../../../src/server/app/recognise.js'

class Instance {
  port = 3000
  fetch() {
    return new Response('x')
  }
}
class Plain {
  port = 3000
}
const handler = (request: unknown, response: unknown) => [request, response]

describe('recognise', () => {
  test.each([
    ['two parameters', handler, '(req, res)'],
    ['next as third', (a: unknown, b: unknown, next: unknown) => [a, b, next], '(req, res)'],
    ['a bound handler', handler.bind(null), '(req, res)'],
    ['a wrapper with rest parameters', (...args: [unknown, unknown]) => handler(...args), '(req, res)'],
    // prettier-ignore
    ['an old-style wrapper', async function wrapped ( ...args: [unknown, unknown]) { await Promise.resolve(handler(...args)) }, '(req, res)'],
    ['an object with handler', { handler }, '{ handler }'],
    ['an object with fetch', { fetch: () => new Response('x') }, '{ fetch }'],
    ['an instance with fetch', new Instance(), '{ fetch }'],
    ['a server', http.createServer(), 'http.Server'],
  ])('%s', async (_name, value, kind) => {
    expect((await recognise(value))?.kind).toBe(kind)
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 42],
    ['an empty object', {}],
    ['a class', Instance],
    ['a factory', () => handler],
    ['an HTTPS server', https.createServer()],
    ['a string', 'app'],
  ])('%s is no app', async (_name, value) => {
    expect(await recognise(value)).toBeNull()
  })
})

test.each([
  ['no parameter', () => handler, true],
  ['options', (options: object) => options, true],
  ['options with a default', (options = {}) => options, true],
  ['async', async () => Promise.resolve(handler), true],
  ['a handler', handler, false],
  ['a class', Plain, false],
  ['an object', {}, false],
])('factory: %s', (_name, value, expected) => {
  expect(isFactory(value)).toBe(expected)
})

test.each([
  [undefined, 'undefined'],
  [42, 'a number'],
  [[], 'an array'],
  [{}, 'an object with no keys'],
  [{ port: 1, host: 2 }, 'an object with the keys port, host'],
  [Object.create(null), 'an object with no keys'],
  [new Plain(), 'an instance of Plain'],
  [Plain, 'the class Plain, not an instance of it'],
  [
    https.createServer(),
    'an HTTPS, HTTP/2 or TCP server; give the certificate to this server with --certfile, and export the handler',
  ],
])('whatItIs: %s', (value, expected) => {
  expect(whatItIs(value)).toBe(expected)
})
