import { describe, expect, it } from 'vitest'
import { describeAddress, parseBind } from '../../../src/server/bind.js'

describe('parseBind', () => {
  it.each([
    ['127.0.0.1:8000', { host: '127.0.0.1', port: 8000 }, 'http://127.0.0.1:8000'],
    ['localhost:0', { host: 'localhost', port: 0 }, 'http://localhost:0'],
    ['[::1]:65535', { host: '::1', port: 65535 }, 'http://[::1]:65535'],
    ['unix:/run/app.sock', { socketPath: '/run/app.sock' }, 'unix:/run/app.sock'],
  ])('%s', (text, address, described) => {
    expect(parseBind(text)).toEqual(address)
    expect(describeAddress(parseBind(text))).toBe(described)
  })

  it.each([
    '',
    '8000',
    ':8000',
    'host',
    'host:',
    'host:abc',
    'host:65536',
    '::1:8000',
    '[host]:80',
    'a b:80',
    'unix:',
  ])('refuses %j', (text) => expect(() => parseBind(text)).toThrow('Cannot bind to'))
})
