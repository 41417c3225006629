import { expect, it } from 'vitest'
import type { CiConfig } from '../../../src/config/ci-config.js'
import { checkGate, configuredBudgets } from '../../../src/config/gate.js'

const file = (budgets: string[], ci: CiConfig = {}) => ({
  path: '/srv/shop/tune.config.ts',
  serve: {},
  hooks: {},
  budgets,
  ci,
})

it('reads the budgets of a config file in their order', () => {
  expect(configuredBudgets(file(['rps >= 10', 'warn: latency.p99 < 1s']))).toMatchObject([
    { metric: 'rps', level: 'error' },
    { metric: 'latency.p99', level: 'warn' },
  ])
})

it.each([
  [file(['rps >= 10', 'rsp >= 10']), /^budget "rsp >= 10" \(budgets\[1\] in tune\.config\.ts, column 1\)/],
  [file([], { time: 'soon' }), /^ci\.time in tune\.config\.ts "soon" is not a duration/],
  [file([], { time: '1s' }), /^ci\.time in tune\.config\.ts 1s is out of range/],
  [file([], { request: { path: 'feed' } }), /"feed" is not a request path/],
  [
    file([], { request: { method: 'get' } }),
    /^ci\.request\.method in tune\.config\.ts "get" is not an HTTP method/,
  ],
])('refuses what would stop the gate: %j', (config, message) => {
  expect(() => {
    checkGate(config)
  }).toThrow(message)
})

it('has nothing against a file without a gate, or with a good one', () => {
  checkGate(file([]))
  checkGate(
    file(['rps vs baseline >= -5%'], { time: '60s', request: { path: '/feed', headers: { a: 'b' } } }),
  )
})
