import { existsSync } from 'node:fs'
import http from 'node:http'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { textOf, withApp } from '../helpers/serve-app.js'

const FIXTURES = fileURLToPath(new URL('../fixtures/apps-kinds', import.meta.url))
const address = { address: '127.0.0.1', family: 'IPv4', port: 4321 }

describe('what a module exports', () => {
  test.each([
    ['kinds/handler.js', '(req, res)', 'handler'],
    ['kinds/express.js', 'Express', 'express'],
    ['kinds/koa.js', 'Koa', 'koa'],
    ['kinds/fastify.js', 'Fastify', 'fastify'],
    ['kinds/hono.js', '{ fetch }', 'hono'],
    ['kinds/fetch.js', '{ fetch }', 'fetch'],
    ['kinds/fetch-export.js', '{ fetch }', 'fetch export'],
    ['kinds/server.js', 'http.Server', 'server'],
    ['kinds/factory.js', 'Express', 'factory object'],
    ['kinds/factory-options.js:create', '{ handler }', 'options'],
    ['kinds/object.js', '{ handler }', 'object'],
    ['kinds/wrapped.js', '(req, res)', 'wrapped'],
    ['kinds/named.js', '(req, res)', 'app'],
    ['kinds/named.js:admin', '(req, res)', 'admin'],
    ['commonjs/handler.js', '(req, res)', 'module.exports false'],
    ['commonjs/object.js', '(req, res)', 'module.exports.app'],
    ['commonjs/compiled.js', '(req, res)', 'compiled default'],
  ])('%s is %s', async (spec, kind, text) => {
    await withApp(spec, FIXTURES, async (app) => {
      expect(app).toMatchObject({ kind, loader: 'plain' })
      expect(await textOf(app.origin)).toBe(text)
    })
  })

  test.each(['kinds/handler.js', 'kinds/fetch.js'])('%s: a request that throws is a 500', async (spec) => {
    await withApp(spec, FIXTURES, async (app) => {
      const failed = await fetch(`${app.origin}/throw`)
      expect([failed.status, await failed.text()]).toEqual([500, 'Internal Server Error\n'])
      expect((await fetch(app.origin)).status).toBe(200)
      expect(app.stderr()).toContain('asked to throw')
    })
  })

  test('a request body reaches a { fetch } app', async () => {
    await withApp('kinds/hono.js', FIXTURES, async ({ origin }) => {
      const answer = await fetch(origin, { method: 'POST', body: '{"a":1}' })
      expect(await answer.json()).toEqual({ a: 1 })
    })
  })

  test('an http.Server keeps its upgrade and connection listeners and its timeouts', async () => {
    await withApp('kinds/server.js', FIXTURES, async ({ port, keepAliveTimeout }) => {
      expect(keepAliveTimeout).toBe(65_000)
      const request = http.get({ port, headers: { connection: 'Upgrade', upgrade: 'echo' } })
      const head = await new Promise<string>((resolve, reject) => {
        request.on('error', reject).on('upgrade', (response, socket, first) => {
          let text = first.toString()
          socket.on('data', (data: Buffer) => (text += data.toString()))
          socket.on('end', () => resolve(`${response.statusCode ?? 0} ${text}`))
        })
      })
      expect(head).toBe('101 upgraded 1')
    })
  })

  test("close() runs Fastify's own shutdown", async () => {
    const output = await withApp('kinds/fastify.js', FIXTURES, (app) => app.output)
    expect(output).toContain('fastify closed')
  })
})

describe('a module that listens itself', () => {
  test.each([
    ['listen/http.js', 'before after listening:true:4321 callback'],
    ['listen/express.js', 'express listens'],
    ['listen/koa.js', 'koa listens'],
    ['listen/fastify.js', 'fastify listens'],
    ['listen/hono.js', 'hono listens'],
    ['listen/late.js', 'late'],
    ['listen/factory.js', 'factory listens'],
    ['listen/metrics.js', 'mock true 9464'],
    [
      'listen/close.js',
      'ERR_SERVER_ALREADY_LISTEN closed callback:undefined false  closed ERR_SERVER_NOT_RUNNING true',
    ],
    ['commonjs/listen.js', JSON.stringify([true, address])],
  ])('%s', async (spec, text) => {
    await withApp(spec, FIXTURES, async (app) => {
      expect(app.kind).toBe('listen()')
      expect(await textOf(app.origin)).toBe(text)
      if (spec === 'listen/fastify.js') expect(app.output).toContain('http://127.0.0.1:4321')
      if (spec === 'listen/metrics.js') expect(app.stderr()).toContain('also listens on port 9464')
      else expect(app.stderr()).toBe('')
    })
  })
})

describe('TypeScript', () => {
  test.each([
    ['E1 .ts specifier', 'ts/esm/e1.ts', 'shapes'],
    ['E2 .js specifier', 'ts/esm/e2.ts', 'shapes'],
    ['E3 no extension', 'ts/esm/e3.ts', 'shapes'],
    ['E4 enum and parameter property', 'ts/esm/e4.ts', 'red'],
    ['E5 tsconfig paths', 'ts/paths/src/e5.ts', 'by path'],
    ['E6 top-level await, unmarked type import', 'ts/esm/e6.ts', 'shapes'],
    ['C1 import = require, export =', 'ts/commonjs/c1.ts', 'c1'],
    ['C2 CommonJS, __dirname in a sub-folder', 'ts/commonjs/c2.ts', 'helloreads-files.ts'],
    ['C3 .cts', 'ts/commonjs/c3.cts', 'c3'],
    ['JSX', 'ts/esm/view.tsx', '<b>tsx</b>'],
    ['import = require in an ES module', 'ts/esm/import-equals.ts', 'function'],
    ['no "type", top-level await', 'ts/unstated/awaits.ts', 'awaits'],
    ['no "type", CommonJS', 'ts/unstated/plain.ts', 'function/string'],
    ['Express, guarded listen', 'ts/commonjs/express.ts', 'express / false'],
    ['experimentalDecorators of the nearest tsconfig', 'ts/decorators/app.ts', 'HELLO ANN GREET:0'],
  ])('%s', async (_name, spec, text) => {
    const entryPath = await withApp(spec, FIXTURES, async (app) => {
      expect(app.loader).toBe('esbuild')
      expect(await textOf(app.origin)).toBe(text)
      return app.entryPath
    })
    expect(existsSync(dirname(entryPath))).toBe(false)
  })

  test('every bundled module keeps its own place', async () => {
    await withApp('ts/esm/identity.ts', FIXTURES, async ({ origin }) => {
      expect(JSON.parse(await textOf(origin))).toEqual({
        greeting: ['hello', 'hello', 'hello', 'reads-files.ts'],
        own: ['esm', 'identity.ts'],
        data: 'data.json',
        resolved: [['lib', 'data.json'], 'node:fs', true],
        line: '9',
      })
    })
  })
})

test('examples/api.ts answers on every route', async () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url))
  await withApp('examples/api.ts', repository, async ({ origin }) => {
    const answers = {
      '/': [200, 'shipments'],
      '/orders/17': [200, '"id":17'],
      '/orders/999': [404, 'no order 999'],
      '/quote?from=Lyon&to=Rome&kg=2': [200, '"euro":'],
      '/quote?from=Lyon&to=Nowhere': [400, 'must be cities'],
      '/healthz': [200, 'ok'],
      '/elsewhere': [404, 'not found'],
    }
    for (const [path, [status, text]] of Object.entries(answers)) {
      const response = await fetch(origin + path)
      expect(response.status, path).toBe(status)
      expect(await response.text()).toContain(text)
    }
    expect((await fetch(origin, { method: 'POST' })).status).toBe(405)
  })
})
