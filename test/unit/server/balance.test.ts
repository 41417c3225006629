import { describe, expect, it } from 'vitest'
import { LOOP_STATE, LoadBoard, type LoopState } from '../../../src/server/load-board.js'
import { Balance } from '../../../src/server/loop/balance.js'

/** A board with others from seat 2 on; our loop sits on 1. */
function among(others: [state: LoopState, connections: number, taken: number][], taken: number): Balance {
  const board = new LoadBoard()
  const balance = new Balance(board, 1)
  board.seats = others.length + 1
  others.forEach(([state, connections, count], index) => board.write(index + 2, state, connections, count))
  for (let count = 0; count < taken; count += 1) balance.took()
  return balance
}
const { absent, open, yielding } = LOOP_STATE

describe('a loop is ahead', () => {
  it.each<[string, [LoopState, number, number][], number, number, boolean]>([
    ['of nobody', [], 5, 5, false],
    ['not of one that is gone', [[absent, 0, 0]], 5, 5, false],
    ['not of one that holds as many and is closed', [[yielding, 5, 0]], 5, 5, false],
    ['of one with fewer connections', [[open, 0, 9]], 1, 0, true],
    ['also if that one looks soon', [[yielding, 0, 9]], 1, 0, true],
    ['not of one with as many', [[open, 1, 9]], 1, 9, false],
    ['not within an eighth', [[open, 16, 99]], 18, 0, false],
    ['beyond an eighth', [[open, 16, 99]], 19, 0, true],
    ['of an equal that has taken fewer', [[open, 0, 3]], 0, 5, true],
    ['not by one client', [[open, 0, 4]], 0, 5, false],
    ['not of one that has taken fewer and holds more', [[open, 2, 0]], 1, 9, false],
    ['not of an equal whose gate is closed', [[yielding, 1, 0]], 1, 9, false],
  ])('%s', (_what, others, connections, taken, ahead) => {
    expect(among(others, taken).isAhead(connections)).toBe(ahead)
  })
})

it('a newcomer starts level with the one who has taken most', () => {
  const board = new LoadBoard()
  board.seats = 3
  board.write(2, open, 0, 70)
  board.write(3, open, 0, 90)
  const newcomer = new Balance(board, 1)
  newcomer.publish(open, 0)
  expect(board.takenOf(1)).toBe(90)
})

it('a lead of long ago is forgotten, one in connections is not', () => {
  const balance = among([[open, 0, 3]], 9)
  balance.forgetLead(0)
  expect(balance.isAhead(0)).toBe(false)
  expect(balance.isAhead(1)).toBe(true)
})

it('those who hold fewer are seen to take clients, those who hold as many and the gone are not', () => {
  const board = new LoadBoard()
  const balance = new Balance(board, 1)
  board.seats = 4
  board.write(2, yielding, 1, 10)
  board.write(3, open, 5, 20)
  board.write(4, absent, 0, 30)
  const before = balance.progressBehind(5)
  board.write(3, open, 6, 21)
  board.write(4, absent, 0, 31)
  expect(balance.progressBehind(5)).toBe(before)
  board.write(2, yielding, 2, 11)
  expect(balance.progressBehind(5)).not.toBe(before)
})
