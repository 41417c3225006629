import { describe, expect, it } from 'vitest'
import { configurationKey } from '../../../src/result/configuration.js'
import { cellKey, matrixConfigurations } from '../../../src/studies/matrix-plan.js'

describe('matrixConfigurations', () => {
  it('holds every combination once, and sync without threads', () => {
    const configurations = matrixConfigurations({
      classes: ['sync', 'threaded', 'async'],
      workers: [1, 2],
      threads: [1, 4],
      connections: [8],
    })
    expect(configurations.map(configurationKey)).toEqual([
      'sync-1',
      'sync-2',
      'threaded-1x1',
      'threaded-1x4',
      'threaded-2x1',
      'threaded-2x4',
      'async-1x1000',
      'async-1x4x1000',
      'async-2x1000',
      'async-2x4x1000',
    ])
  })

  it('names a cell by configuration and client connections', () => {
    const [sync] = matrixConfigurations({ classes: ['sync'], workers: [5], threads: [1], connections: [] })
    expect(cellKey(sync!, 64)).toBe('sync-5@64')
  })
})
