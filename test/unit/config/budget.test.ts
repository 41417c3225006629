import { describe, expect, it } from 'vitest'
import { parseBudget } from '../../../src/config/budget.js'
import { parseShare } from '../../../src/config/share.js'
import type { TuneError } from '../../../src/result/error.js'

describe('parseBudget', () => {
  it.each([
    ['latency.p99 < 250ms', { metric: 'latency.p99', operator: '<', limit: 250_000, againstBaseline: false }],
    ['latency.p50<=1.5s', { metric: 'latency.p50', operator: '<=', limit: 1_500_000 }],
    ['cpu.per-request < 800us', { metric: 'cpu.per-request', operator: '<', limit: 800 }],
    ['rps >= 1000', { metric: 'rps', operator: '>=', limit: 1000, level: 'error' }],
    ['RPS > 1000 req/s', { metric: 'rps', operator: '>', limit: 1000 }],
    ['errors.rate < 0.1%', { metric: 'errors.rate', operator: '<', limit: 0.001 }],
    ['errors.rate <= 0.002', { metric: 'errors.rate', limit: 0.002 }],
    ['memory.pss < 512MiB', { metric: 'memory.pss', limit: 512 * 2 ** 20 }],
    ['rps vs baseline >= -5%', { metric: 'rps', againstBaseline: true, operator: '>=', limit: -0.05 }],
    ['latency.p99  VS  BASELINE < +10%', { metric: 'latency.p99', againstBaseline: true, limit: 0.1 }],
    ['warn: rps >= 10', { level: 'warn', metric: 'rps', limit: 10 }],
  ])('reads %j', (text, expected) => {
    expect(parseBudget(text)).toMatchObject({ expression: text, ...expected })
  })

  it.each([
    ['latency.p98 < 250ms', /no metric "latency\.p98"/],
    ['constructor < 1', /no metric/],
    ['latency.p99 < 250', /unit of time/],
    ['latency.p99 < 250min', /unit of time/],
    ['rps >= 5%', /no unit of rps/],
    ['rps == 5', /cannot be decided/],
    ['rps vs baseline >= -500%', /nothing falls by more than 100 %/],
    ['rps vs baseline >= -5', /not a change/],
    ['errors.rate vs baseline < 5%', /no change in per cent/],
    ['errors.rate < -1%', /not a limit/],
    ['memory.pss < lots', /not an amount of memory/],
    ['rps', /not a metric, an operator and a limit/],
    ['', /not a metric, an operator and a limit/],
    ['rps >=', /not a limit/],
  ])('refuses %j with what to write instead', (text, message) => {
    expect(() => parseBudget(text)).toThrow(message)
    try {
      parseBudget(text)
    } catch (error) {
      const { exit, suggestions } = error as TuneError
      expect(exit).toBe(2)
      expect(suggestions.length).toBeGreaterThan(0)
    }
  })
})

it.each([
  ['latency.p98 < 1ms', 'latency.p95'],
  ['rsp > 1', 'rps'],
  ['p99 < 250ms', 'latency.p99'],
  ['memory.rss < 1g', 'memory.pss'],
  ['error.rate < 1%', 'errors.rate'],
])('for %j it asks whether %s was meant', (text, name) => {
  expect(() => parseBudget(text)).toThrow(
    expect.objectContaining({ suggestions: expect.arrayContaining([`Did you mean ${name}?`]) as unknown }),
  )
})

it.each([
  ['rsp >= 1', 1],
  ['  warn: rsp >= 1', 9],
  ['rps == 5', 5],
  ['latency.p99  <  250', 17],
  ['rps vs baseline >= -5', 20],
  ['errors.rate vs baseline < 5%', 1],
  ['memory.pss < lots', 14],
  ['', 1],
  ['>= 5', 1],
  ['latency.p99 250ms', 13],
  ['rps > ', 7],
])('says of %j that column %d is wrong, and where it was written', (text, column) => {
  const place = `budget ${JSON.stringify(text)} (budgets[2] in tune.config.ts, column ${column}): `
  expect(() => parseBudget(text, 'budgets[2] in tune.config.ts')).toThrow(place)
  expect(() => parseBudget(text)).toThrow(`budget ${JSON.stringify(text)} (column ${column}): `)
})

describe('parseShare', () => {
  const range = { min: 0.001, max: 1 }
  it('reads per cent', () => expect(parseShare('7.5 %', '--margin', range)).toBeCloseTo(0.075, 12))
  it.each(['5', '0.05', '0%', '101%', '-5%', 'five'])('refuses %j', (text) => {
    expect(() => parseShare(text, '--margin', range)).toThrow('--margin')
  })
})
