import { describe, expect, it } from 'vitest'
import { describeAddress, parseBind, socketPathFault } from '../../../src/server/bind.js'
import { checkSettings } from '../../../src/server/settings.js'

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

describe.skipIf(process.platform !== 'linux')('socketPathFault (limit of Linux)', () => {
  it('counts bytes, of which 107 are left beside the final zero', () => {
    expect(socketPathFault(`/${'x'.repeat(106)}`)).toBeNull()
    expect(socketPathFault(`/${'x'.repeat(107)}`)).toBe(
      'the path of a unix socket has at most 107 bytes here, and this one has 108',
    )
    expect(socketPathFault(`/${'ä'.repeat(54)}`)).toContain('has 109')
  })

  it.each([
    { controlSocket: `/${'x'.repeat(120)}` },
    { bind: [`unix:/${'x'.repeat(120)}`] },
    { metricsBind: `unix:/${'x'.repeat(120)}` },
  ])('holds for every socket of the server: %j', (settings) => {
    expect(() => checkSettings({ app: 'a.js', ...settings })).toThrow(
      expect.objectContaining({
        exit: 2,
        message: expect.stringContaining('has at most 107 bytes here, and this one has 121') as string,
        suggestions: [expect.stringContaining('shorter path') as string],
      }) as Error,
    )
  })
})
