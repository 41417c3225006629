import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { METHODS, namesIn, parseRequest } from '../../../src/config/request.js'

const flags = { method: 'GET', path: '/', header: undefined, body: undefined }

describe('parseRequest', () => {
  it('is a plain GET by default', () =>
    expect(parseRequest(flags)).toEqual({ method: 'GET', path: '/', headers: {}, body: null }))

  it('lowers header names and keeps values', () =>
    expect(parseRequest({ ...flags, header: ['Accept: text/html; q=0.5', 'X-Empty:'] }).headers).toEqual({
      accept: 'text/html; q=0.5',
      'x-empty': '',
    }))

  it('takes every method that the load generator sends and that can be measured', () => {
    const sent = createRequire(import.meta.url)('autocannon/lib/httpMethods.js') as string[]
    const measurable = sent.filter((method) => method !== 'HEAD' && method !== 'CONNECT')
    expect(METHODS.toSorted()).toEqual(measurable.toSorted())
    for (const method of METHODS) expect(parseRequest({ ...flags, method }).method).toBe(method)
    expect(() => parseRequest({ ...flags, method: 'FOO' })).toThrow(
      expect.objectContaining({ exit: 2, suggestions: [expect.stringContaining('PATCH')] }),
    )
  })

  it('reads a body from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tune-test-'))
    try {
      writeFileSync(join(folder, 'body.json'), '{"a":1}')
      expect(parseRequest({ ...flags, method: 'POST', body: `@${folder}/body.json` }).body).toBe('{"a":1}')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each([
    [{ ...flags, method: 'get it' }, 'is not an HTTP method'],
    [{ ...flags, method: 'HEAD' }, 'cannot be measured'],
    [{ ...flags, method: 'PROPFIND' }, 'is not a method that the load generator sends'],
    [{ ...flags, path: 'orders' }, 'is not a request path'],
    [{ ...flags, path: '/a b' }, 'is not a request path'],
    [{ ...flags, header: ['no colon'] }, 'is not a header'],
    [{ ...flags, header: ['X: a\r\nY: b'] }, 'is not a header'],
    [{ ...flags, header: ['Connection: close'] }, 'is set by the generator itself'],
    [{ ...flags, body: '@missing.json' }, 'cannot read missing.json'],
  ])('refuses %o', (wrong, message) => expect(() => parseRequest(wrong)).toThrow(message))

  it.each([
    [{ ...flags, method: 'get it' }, '--method "get it"', 'ci.request.method in tune.config.ts "get it"'],
    [{ ...flags, path: 'orders' }, '--path "orders"', 'ci.request.path in tune.config.ts "orders"'],
    [{ ...flags, header: ['X: ü'] }, '--header "X: ü"', 'ci.request.headers in tune.config.ts "X: ü"'],
    [{ ...flags, body: '@no.json' }, '--body: ', 'ci.request.body in tune.config.ts: '],
  ])('names %o as the user wrote it', (wrong, flag, key) => {
    expect(() => parseRequest(wrong)).toThrow(flag)
    expect(() => parseRequest(wrong, namesIn('tune.config.ts'))).toThrow(key)
    expect(() => parseRequest(wrong, namesIn('tune.config.ts'))).not.toThrow('--')
  })
})
