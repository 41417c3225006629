import HttpClient from 'autocannon/lib/httpClient.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkEngine } from '../../src/load/engine-check.js'
import { verifyEngine } from '../../src/load/self-test.js'

function engineMethod(name: '_connect' | '_doRequest'): (this: HttpClient) => void {
  return Reflect.get(HttpClient.prototype, name)
}

describe('the engine', () => {
  afterEach(() => vi.restoreAllMocks())

  it('is the one the repair was made for', async () => {
    checkEngine()
    await verifyEngine()
  })

  it('is refused when a method that the repair stands on is gone', () => {
    const other = Object.create(HttpClient.prototype, { _resetConnection: { value: undefined } }) as object
    expect(() => checkEngine(other)).toThrow(
      expect.objectContaining({ code: 'TUNE_E_ENGINE', exit: 1 }) as Error,
    )
  })

  it('is refused when it writes each request twice', async () => {
    const once = engineMethod('_doRequest')
    vi.spyOn(HttpClient.prototype, '_doRequest').mockImplementation(function (this: HttpClient) {
      once.call(this)
      once.call(this)
    })
    await expect(verifyEngine()).rejects.toMatchObject({ code: 'TUNE_E_ENGINE', exit: 1 })
  })

  it('is refused when it opens connections past the repaired methods', async () => {
    const connect = engineMethod('_connect')
    const send = engineMethod('_doRequest')
    vi.spyOn(HttpClient.prototype, '_connect').mockImplementation(function (this: HttpClient) {
      const repaired = Reflect.get(this, '_doRequest')
      this._doRequest = send
      connect.call(this)
      this._doRequest = repaired
    })
    await expect(verifyEngine()).rejects.toMatchObject({ code: 'TUNE_E_ENGINE', exit: 1 })
  })
})
