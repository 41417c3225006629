import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunningTarget } from '../../src/experiment/ports.js'
import { fromDist } from '../helpers/dist.js'

const { bundledTarget, commandTarget } =
  await fromDist<typeof import('../../src/targets/index.js')>('targets/index.js')
const { lookWhileIdle } =
  await fromDist<typeof import('../../src/studies/idle-look.js')>('studies/idle-look.js')

const app = fileURLToPath(new URL('fixtures/works-while-idle.mjs', import.meta.url))
const configuration = { workerClass: 'async' as const, workers: 1, threads: 1, workerConnections: 10 }
const common = { label: 'idle', workload: null, cwd: process.cwd(), configuration }
const never = new AbortController().signal
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal })

describe('a server that nobody asks anything', () => {
  let running: RunningTarget | undefined
  afterEach(() => running?.stop())

  const looked = async (works: 'yes' | 'no') => {
    running = await bundledTarget({ ...common, app, env: { WORKS_WHILE_IDLE: works } }).start(never)
    return lookWhileIdle(running, { pause }, never)
  }

  it('tells the work that its worker does all the same', async () => {
    const background = await looked('yes')
    // By the clock a third, of which neighbours take their part of the CPU.
    expect(background!.cores).toBeGreaterThan(0.05)
    expect(background!.loopShare).toBeGreaterThan(0.15)
  })

  it('tells nothing of one that only waits', async () => {
    expect(await looked('no')).toBeNull()
  })

  it('tells nothing where an abort ends the look', async () => {
    running = await bundledTarget({ ...common, app }).start(never)
    const soon = AbortSignal.timeout(50)
    await expect(lookWhileIdle(running, { pause }, soon)).rejects.toThrow('aborted')
  })

  it('is not looked at where its workers are not told apart from what keeps them', async () => {
    const request = { method: 'GET', path: '/', headers: {}, body: null }
    const listens = fileURLToPath(new URL('fixtures/starts-children.mjs', import.meta.url))
    const template = `"${process.execPath}" "${listens}" {port}`
    running = await commandTarget({ ...common, template, request }).start(never)
    expect(await lookWhileIdle(running, { pause }, never)).toBeNull()
  })
})
