import { expect, it } from 'vitest'
import { comparedServers } from '../../../src/cli/bench-flags.js'

it('names each server once', () => {
  expect(comparedServers('bundled, pm2,bundled')).toEqual(['bundled', 'pm2'])
})

it.each([
  ['bundled', /takes two or more/],
  ['pm2,pm2', /takes two or more/],
  ['bundled,url', /"url" is unknown/],
])('refuses %s', (text, message) => {
  expect(() => comparedServers(text)).toThrow(message)
})
