import { describe, expect, it } from 'vitest'
import { threadPoolOf } from '../../../src/result/configuration.js'

describe('threadPoolOf', () => {
  it.each([
    [undefined, undefined],
    ['8', 8],
    ['0', 1],
    ['', 1],
    ['many', 1],
    ['9999', 1024],
  ])('reads UV_THREADPOOL_SIZE=%s as libuv does', (text, threads) => {
    expect(threadPoolOf({ UV_THREADPOOL_SIZE: text })).toBe(threads)
  })
})
