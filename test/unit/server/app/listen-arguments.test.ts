import { expect, test } from 'vitest'
import { parseListen } from '../../../../src/server/app/listen-arguments.js'

const callback = () => undefined
const nothing = { port: null, host: null, path: null, signal: null, callback: null }
const { signal } = new AbortController()

test.each([
  [[], {}],
  [[callback], { callback }],
  [[3000], { port: 3000 }],
  [[0, callback], { port: 0, callback }],
  [['8080'], { port: 8080 }],
  [[3000, '127.0.0.1'], { port: 3000, host: '127.0.0.1' }],
  [[3000, '::', 511, callback], { port: 3000, host: '::', callback }],
  [[3000, 511, callback], { port: 3000, callback }],
  [['/run/app.sock', callback], { path: '/run/app.sock', callback }],
  [
    [{ port: 3000, host: 'localhost', signal }, callback],
    { port: 3000, host: 'localhost', signal, callback },
  ],
  [[{ path: '/run/app.sock' }], { path: '/run/app.sock' }],
  [[{ port: '80' }], { port: 80 }],
  [[{ fd: 3 }], {}],
  [[undefined, callback], { callback }],
  [[null], {}],
])('listen(%j)', (args, expected) => {
  expect(parseListen(args)).toEqual({ ...nothing, ...expected })
})
