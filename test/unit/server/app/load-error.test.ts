import { describe, expect, test } from 'vitest'
import { AppError } from '../../../../src/server/app/error.js'
import { loadError, userFrame } from '../../../../src/server/app/load-error.js'

const app = { entryPath: '/srv/app/main.js', spec: 'main.js' }

describe('userFrame', () => {
  const stack = (...frames: string[]) => `Error: no\n${frames.map((frame) => `    at ${frame}`).join('\n')}`
  test.each([
    [stack('JSON.parse (<anonymous>)', 'file:///srv/app/a.js:3:7'), 'a.js:3:7'],
    [
      stack('get (/srv/app/node_modules/x/i.js:1:1)', 'Api.start (/srv/app/my (new) api.js:9:2)'),
      'my (new) api.js:9:2',
    ],
    [
      stack('node:internal/modules/esm/resolve:873:9', 'async file:///srv/app/lib/b.mjs:1:2'),
      'lib/b.mjs:1:2',
    ],
    [stack('new Db (file:///srv/my%20db/db.ts:4:5)'), '/srv/my db/db.ts:4:5'],
    [stack('packageResolve (node:internal/modules/esm/resolve:873:9)'), null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(userFrame(text, '/srv/app')).toBe(expected)
  })
})

describe('loadError', () => {
  test('our own errors pass unchanged', async () => {
    const error = new AppError('no', { code: 'TUNE_E_APP_KIND' })
    expect(await loadError(error, app, '/srv/app')).toBe(error)
  })

  test('an error without a message is told by what it wraps', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' })
    const error = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' })
    error.stack = ''
    const { message, code, suggestions } = await loadError(error, app, '/srv/app')
    expect(message).toBe('main.js threw while it was loading: AggregateError: connect ECONNREFUSED ::1:5432')
    expect(code).toBe('TUNE_E_APP_THREW')
    expect(suggestions).toHaveLength(1)
  })

  test.each([undefined, null, 'text', { a: 1 }])('%j can be thrown too', async (thrown) => {
    const error = await loadError(thrown, app, '/srv/app')
    expect(error).toMatchObject({ code: 'TUNE_E_APP_THREW', exit: 4 })
  })
})
