import { describe, expect, it } from 'vitest'
import { parseBudget } from '../../../src/config/budget.js'
import { evaluateBudget, failureShare, gateOf, type BudgetFigure } from '../../../src/experiment/budgets.js'

const figure = (low: number | null, value: number, high: number | null): BudgetFigure => ({
  low,
  value,
  high,
})
const outcome = (expression: string, seen: BudgetFigure | null) =>
  evaluateBudget(parseBudget(expression), 'x', seen).outcome

describe('a budget is decided on the bounds', () => {
  it.each([
    ['rps >= 1000', figure(1000, 1050, 1100), 'pass'],
    ['rps > 1000', figure(1000, 1050, 1100), 'inconclusive'],
    ['rps >= 1000', figure(990, 1050, 1100), 'inconclusive'],
    ['rps >= 1000', figure(900, 950, 1000), 'inconclusive'],
    ['rps > 1000', figure(900, 950, 1000), 'fail'],
    ['rps >= 1000', figure(900, 950, 999), 'fail'],
    ['latency.p99 < 1ms', figure(800, 900, 999), 'pass'],
    ['latency.p99 < 1ms', figure(800, 900, 1000), 'inconclusive'],
    ['latency.p99 <= 1ms', figure(800, 900, 1000), 'pass'],
    ['latency.p99 < 1ms', figure(1000, 1200, 1400), 'fail'],
    ['rps vs baseline >= -5%', figure(-0.04, 0, 0.04), 'pass'],
    ['rps vs baseline >= -5%', figure(-0.2, -0.15, -0.1), 'fail'],
  ])('%s of %j: %s', (expression, seen, expected) => {
    expect(outcome(expression, seen)).toBe(expected)
  })

  it('fails without any figure, and cannot tell without an interval', () => {
    expect(outcome('rps >= 1', null)).toBe('fail')
    expect(outcome('rps >= 1', figure(null, 1000, null))).toBe('inconclusive')
  })
})

describe('the gate', () => {
  const decided = (level: string, seen: BudgetFigure) =>
    evaluateBudget(parseBudget(`${level}: rps >= 10`), 'x', seen)
  const [good, bad, unclear] = [figure(11, 12, 13), figure(1, 2, 3), figure(9, 10, 11)]

  it('passes without budgets, and with those that are kept', () => {
    expect(gateOf([])).toBe('pass')
    expect(gateOf([decided('error', good)])).toBe('pass')
  })

  it('puts a broken budget over one that cannot be decided, and does not fail on warnings', () => {
    expect(gateOf([decided('error', unclear), decided('error', bad)])).toBe('fail')
    expect(gateOf([decided('error', unclear), decided('error', good)])).toBe('inconclusive')
    expect(gateOf([decided('warn', bad), decided('error', good)])).toBe('pass')
  })
})

describe('failureShare', () => {
  it('has an upper bound without any failure, as Wilson gives it', () => {
    // z² / (n + z²) for no failure in n.
    const { value, low, high } = failureShare(0, 1000)!
    expect({ value, low }).toEqual({ value: 0, low: 0 })
    expect(high).toBeCloseTo(3.8415 / 1003.8415, 6)
  })

  it('agrees with published values: 10 of 100 is 5.5 % to 17.4 %', () => {
    const { low, high } = failureShare(10, 100)!
    expect(low).toBeCloseTo(0.0552, 3)
    expect(high).toBeCloseTo(0.1744, 3)
  })

  it('is nothing without a request', () => expect(failureShare(0, 0)).toBeNull())
})
