import { describe, expect, it } from 'vitest'
import {
  cellKey,
  loneRuleWarnings,
  matrixCells,
  serverCells,
  type MatrixAxes,
} from '../../../src/studies/matrix-plan.js'

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

describe('the matrix of a server that has no threads in a class', () => {
  /** As Gunicorn: gevent has one loop a process. */
  const greenlets = {
    name: 'gunicorn' as const,
    runsAlready: false,
    supports: ({ workerClass, threads }: { workerClass: string; threads: number }) =>
      workerClass !== 'async' || threads === 1,
  }
  const cellsOf = (axes: Partial<MatrixAxes>, servers = [greenlets]) =>
    serverCells(
      servers,
      {
        classes: ['sync', 'threaded', 'async'],
        workers: [1, 2],
        threads: [4, 16],
        connections: [8],
        ...axes,
      },
      2,
    )

  it('varies its workers all the same', () => {
    const found = cellsOf({}).map(cellKey)
    expect(found.filter((key) => key.includes('async'))).toEqual([
      'gunicorn:async-1x1000@8',
      'gunicorn:async-2x1000@8',
      'gunicorn:async-5x1000@8',
    ])
    expect(found.filter((key) => key.includes('threaded'))).toHaveLength(5)
    expect(loneRuleWarnings(cellsOf({}))).toEqual([])
  })

  it('says where only the rule is left of a class', () => {
    const [warning, ...others] = loneRuleWarnings(
      cellsOf({ workers: [5] }).filter((cell) => cell.configuration.workerClass !== 'sync'),
    )
    expect(others).toEqual([])
    expect(warning).toMatch(/^gunicorn async: .*2N\+1 \(async-5x1000\) is left.*--workers/)
    expect(loneRuleWarnings(cellsOf({ classes: ['async'], workers: [5] }))).toHaveLength(1)
  })

  it('says nothing where the rules themselves are what is compared', () => {
    expect(loneRuleWarnings(cellsOf({ classes: ['sync', 'async'], workers: [5] }))).toEqual([])
    const others = { ...greenlets, name: 'bundled' as const }
    const compared = serverCells(
      [others, { ...greenlets, name: 'pm2' as const }],
      { classes: ['async'], workers: [5], threads: [1], connections: [8, 64] },
      2,
    )
    expect(loneRuleWarnings(compared)).toEqual([])
    expect(loneRuleWarnings([])).toEqual([])
  })
})
