import { describe, expect, it } from 'vitest'
import { paceMs, RestartBudget } from '../../../src/server/restart-budget.js'

const settings = { restartBudget: 4, restartWindowSeconds: 8 }

function usedUpAt(nowMs: number): RestartBudget {
  const budget = new RestartBudget()
  for (let death = 0; death < 4; death += 1) budget.workerDied(settings, nowMs)
  return budget
}

describe('RestartBudget', () => {
  it('says once that it is used up', () => {
    const budget = new RestartBudget()
    const said = [0, 1000, 2000, 3000, 4000].map((atMs) => budget.workerDied(settings, atMs))
    expect(said).toEqual([false, false, false, true, false])
  })

  it('does not count deaths that lie further back than the window', () => {
    const budget = new RestartBudget()
    const said = [0, 3000, 6000, 9000, 12_000, 15_000].map((atMs) => budget.workerDied(settings, atMs))
    expect(said).not.toContain(true)
    expect(budget.deaths(settings, 15_000)).toBe(3)
  })

  it('lets one worker start at the pace at which it lasts', () => {
    const budget = usedUpAt(1000)
    expect(budget.allows(settings, 1000)).toBe(true)
    budget.workerStarted(1000)
    expect(paceMs(settings)).toBe(2000)
    expect(budget.allows(settings, 2999)).toBe(false)
    expect(budget.allows(settings, 3000)).toBe(true)
  })

  it('is good again when half of it is left, not before', () => {
    const budget = new RestartBudget()
    for (const atMs of [0, 1000, 2000, 3000]) budget.workerDied(settings, atMs)
    expect(budget.usedUp(settings, 8999)).toBe(true)
    expect(budget.usedUp(settings, 9000)).toBe(false)
    expect(budget.allows(settings, 9000)).toBe(true)
  })

  it('is never used up when it is 0', () => {
    const budget = new RestartBudget()
    const none = { ...settings, restartBudget: 0 }
    const said = Array.from({ length: 50 }, () => budget.workerDied(none, 0))
    expect(said).not.toContain(true)
    expect(budget.allows(none, 0)).toBe(true)
  })
})
