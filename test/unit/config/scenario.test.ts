import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readHar } from '../../../src/config/har.js'
import { readRequests } from '../../../src/config/request-source.js'
import { readScenario } from '../../../src/config/scenario.js'
import { requestSchema } from '../../../src/result/request.js'

const folder = mkdtempSync(join(tmpdir(), 'tune-scenario-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const NO_FLAGS = { method: 'GET', path: '/' }

describe('a scenario file', () => {
  it('becomes a mix that the document can hold', async () => {
    file('order.txt', 'three apples')
    const scenario = file('shop.json', {
      requests: [
        { path: '/', weight: 3 },
        { name: 'order', method: 'POST', path: '/orders', body: { id: 1 }, expect: { status: 201 } },
        { method: 'PUT', path: '/notes', bodyFile: 'order.txt', headers: { 'X-Kind': 'note' } },
        { path: '/', expect: { bodyIncludes: 'hello' } },
      ],
    })
    const { request } = await readRequests({ ...NO_FLAGS, scenario }, 7)
    expect(requestSchema.parse(request)).toEqual(request)
    expect(request).toMatchObject({ method: 'GET', path: '/', mix: { name: 'shop.json', seed: 7 } })
    const json = { 'content-type': 'application/json' }
    expect(request.mix?.routes).toEqual([
      { name: 'GET /', weight: 3, method: 'GET', path: '/', headers: {}, body: null },
      {
        name: 'order',
        weight: 1,
        method: 'POST',
        path: '/orders',
        headers: json,
        body: '{"id":1}',
        expect: { status: [201] },
      },
      {
        name: 'PUT /notes',
        weight: 1,
        method: 'PUT',
        path: '/notes',
        headers: { 'x-kind': 'note' },
        body: 'three apples',
      },
      {
        name: 'GET / #2',
        weight: 1,
        method: 'GET',
        path: '/',
        headers: {},
        body: null,
        expect: { bodyIncludes: 'hello' },
      },
    ])
  })

  it('may be a module', async () => {
    const scenario = file(
      'mix.mjs',
      `export default { name: 'shop', requests: [{ path: '/' }, { path: '/a' }] }`,
    )
    const { request } = await readRequests({ ...NO_FLAGS, scenario }, 1)
    expect(request.mix?.name).toBe('shop')
  })

  it('of one request is that request', async () => {
    const scenario = file('one.json', { requests: [{ path: '/a', expect: { status: [404] } }] })
    const { request } = await readRequests({ ...NO_FLAGS, scenario }, 1)
    expect(request).toEqual({ method: 'GET', path: '/a', headers: {}, body: null, expect: { status: [404] } })
  })

  it.each([
    ['nothing.json', { requests: [] }, 'requests is wrong'],
    ['path.json', { requests: [{ path: 'orders' }] }, 'requests[0].path "orders" must start with /'],
    ['weight.json', { requests: [{ path: '/' }, { path: '/', weight: 0 }] }, 'requests[1].weight is wrong'],
    ['method.json', { requests: [{ path: '/', method: 'HEAD' }] }, 'cannot be measured'],
    ['foo.json', { requests: [{ path: '/', method: 'FOO' }] }, 'requests[0].method FOO is not a method'],
    ['header.json', { requests: [{ path: '/', headers: { Host: 'a' } }] }, 'set by the generator'],
    ['typo.json', { requests: [{ path: '/', wieght: 2 }] }, 'requests[0] has "wieght", which is not known'],
    ['both.json', { requests: [{ path: '/', body: 'a', bodyFile: 'b' }] }, 'name one of them'],
    ['body.json', { requests: [{ path: '/', bodyFile: 'missing' }] }, 'cannot read'],
    ['status.json', { requests: [{ path: '/', expect: { status: 100 } }] }, 'expect.status is wrong'],
    ['broken.json', '{ "requests": ', 'JSON'],
    ['wrong.txt', '', 'its name must end in'],
    ['empty.mjs', 'export const a = 1', 'it is wrong'],
  ])('%s is refused with what is wrong', async (name, content, message) => {
    await expect(readScenario(file(name, content))).rejects.toThrow(message)
  })

  it('is named when it is missing', async () => {
    await expect(readScenario(join(folder, 'missing.json'))).rejects.toMatchObject({
      code: 'TUNE_E_SCENARIO',
      message: expect.stringContaining('missing.json'),
    })
  })
})

function entry(method: string, url: string, status = 200, request: object = {}) {
  return { request: { method, url, headers: [], ...request }, response: { status } }
}

describe('a recording', () => {
  it('is sent as often as it was recorded, without what belongs to the browser', async () => {
    const headers = [
      { name: ':authority', value: 'shop.example' },
      { name: 'Host', value: 'shop.example' },
      { name: 'Accept', value: 'text/html' },
      { name: 'Cookie', value: 'a=1' },
      { name: 'Cookie', value: 'b=2' },
      { name: 'If-None-Match', value: '"x"' },
    ]
    const form = { mimeType: 'application/x-www-form-urlencoded', params: [{ name: 'q', value: 'a b' }] }
    const har = file('shop.har', {
      log: {
        version: '1.2',
        entries: [
          entry('GET', 'https://shop.example/?a=1', 200, { headers }),
          entry('GET', 'https://cdn.example/logo.png'),
          entry('GET', 'https://shop.example/?a=1', 200, { headers }),
          entry('POST', 'https://shop.example/search', 302, { postData: form }),
          entry('GET', 'https://shop.example/style.css', 304),
          entry('HEAD', 'https://shop.example/'),
          entry('POST', 'https://shop.example/upload', 200, {
            postData: { mimeType: 'multipart/form-data', params: [{ name: 'f', value: '' }] },
          }),
        ],
      },
    })
    const { request, notes } = await readRequests({ ...NO_FLAGS, har }, 1)
    expect(requestSchema.parse(request)).toEqual(request)
    expect(request.mix?.routes).toEqual([
      {
        name: 'GET /?a=1',
        weight: 2,
        method: 'GET',
        path: '/?a=1',
        headers: { accept: 'text/html', cookie: 'a=1; b=2' },
        body: null,
        expect: { status: [200] },
      },
      {
        name: 'POST /search',
        weight: 1,
        method: 'POST',
        path: '/search',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'q=a+b',
        expect: { status: [302] },
      },
    ])
    expect(notes).toHaveLength(4)
    expect(notes.join('\n')).toContain('1 of 7 recorded requests are not of https://shop.example')
  })

  it.each([
    ['no.har', 'no json', 'it is no JSON'],
    ['other.har', { log: {} }, 'it is no HAR: log.entries'],
    ['empty.har', { log: { entries: [] } }, 'it has no requests'],
    ['head.har', { log: { entries: [entry('HEAD', 'http://a/')] } }, 'none of its requests can be sent'],
  ])('%s is refused with what is wrong', async (name, content, message) => {
    await expect(readHar(file(name, content))).rejects.toThrow(message)
  })
})
