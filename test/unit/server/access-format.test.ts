import { describe, expect, it } from 'vitest'
import { accessFormatter, type Access } from '../../../src/server/loop/access-format.js'
import { LineBuffer } from '../../../src/server/loop/line-buffer.js'

const ACCESS: Access = {
  method: 'GET',
  url: '/a/b?c=d?e',
  httpVersion: '1.1',
  headers: { host: 'h', 'user-agent': 'evil"\nagent' },
  response: { getHeader: (name) => (name === 'etag' ? 'x' : undefined) },
  status: 201,
  remoteAddress: '10.0.0.1',
  startedAt: Date.UTC(2026, 10, 21, 3, 4, 5),
  tookMs: 1234.5678,
  sentBytes: 17,
}

function lineOf(format: string): string {
  const line = new LineBuffer()
  accessFormatter(format)(ACCESS, line)
  return line.take().toString()
}

describe('accessFormatter', () => {
  it.each([
    ['%(h)s %(l)s %(u)s', '10.0.0.1 - -'],
    ['%(t)s', '[21/Nov/2026:03:04:05 +0000]'],
    ['"%(r)s" %(m)s %(U)s %(q)s %(H)s', '"GET /a/b?c=d?e HTTP/1.1" GET /a/b c=d?e HTTP/1.1'],
    ['%(s)s %(b)s %(B)s', '201 17 17'],
    ['%(T)s %(M)s %(D)s %(L)s', '1 1234 1234567 1.234568'],
    ['%({Host}i)s %({etag}o)s %({missing}i)s', 'h x -'],
    ['%(a)s', 'evil\\x22\\x0aagent'],
    ['100% plain', '100% plain'],
    ['100%% %(s)s%%', '100% 201%'],
  ])('%s becomes %s', (format, line) => {
    expect(lineOf(format)).toBe(`${line}\n`)
  })

  it('writes JSON', () => {
    expect(JSON.parse(lineOf('json'))).toMatchObject({
      time: '2026-11-21T03:04:05.000Z',
      status: 201,
      url: '/a/b?c=d?e',
      tookMs: 1234.568,
      userAgent: 'evil"\nagent',
    })
  })

  it.each(['%(Z)s', '%(hh)s', '%({a}x)s'])('refuses %s', (format) => {
    expect(() => accessFormatter(format)).toThrow(RangeError)
  })
})
