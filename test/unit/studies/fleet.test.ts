import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../../src/experiment/ports.js'
import { Fleet } from '../../../src/studies/fleet.js'
import { FakeWorld } from '../../helpers/fakes.js'
import { ASYNC_ONE } from '../../helpers/trials.js'

const signal = new AbortController().signal
const nothing = (): void => undefined

describe('a fleet', () => {
  const world = new FakeWorld({ app: { cpuMs: 1, waitMs: 0 }, effectiveCpus: 2 })
  const failing = (label: string, afterMs: number): Target => ({
    ...world.target(ASYNC_ONE, label),
    start: async () => {
      await sleep(afterMs)
      throw new Error(`${label} does not start`)
    },
  })

  it('tells of the first in order that fails, whichever was faster, and stops the others', async () => {
    const fleet = new Fleet()
    const targets = [failing('head', 20), failing('base', 0), world.target(ASYNC_ONE, 'again')]
    await expect(fleet.start(targets, signal, nothing)).rejects.toThrow('head does not start')
    const other = [world.target(ASYNC_ONE, 'head'), failing('base', 0)]
    await expect(fleet.start(other, signal, nothing)).rejects.toThrow('base does not start')
    expect(world.running).toBe(0)
  })
})
