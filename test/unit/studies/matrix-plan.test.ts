import { describe, expect, it } from 'vitest'
import { cellKey, matrixCells } from '../../../src/studies/matrix-plan.js'

const keys = (cells: ReturnType<typeof matrixCells>): string[] =>
  cells.map((cell) => cellKey({ ...cell, server: null }))

describe('matrixCells', () => {
  it('holds every combination once, sync without threads, and the rule of each class', () => {
    const cells = matrixCells(
      { classes: ['sync', 'threaded', 'async'], workers: [1, 2], threads: [1, 4], connections: [8] },
      2,
    )
    expect(keys(cells)).toMatchInlineSnapshot(`
      [
        "sync-1@8",
        "sync-2@8",
        "sync-5@8",
        "threaded-1x1@8",
        "threaded-1x4@8",
        "threaded-2x1@8",
        "threaded-2x4@8",
        "threaded-2x2@8",
        "async-1x1000@8",
        "async-1x4x1000@8",
        "async-2x1000@8",
        "async-2x4x1000@8",
        "async-5x1000@8",
      ]
    `)
    expect(keys(cells.filter(({ heuristic }) => heuristic))).toMatchInlineSnapshot(`
      [
        "sync-5@8",
        "threaded-2x2@8",
        "async-5x1000@8",
      ]
    `)
  })

  it('does not list the rule twice, and crosses with connections', () => {
    const cells = matrixCells({ classes: ['sync'], workers: [5], threads: [1], connections: [8, 64] }, 2)
    expect(keys(cells)).toEqual(['sync-5@8', 'sync-5@64'])
    expect(cells.every(({ heuristic }) => heuristic)).toBe(true)
  })
})
