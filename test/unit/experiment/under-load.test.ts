import { expect, it } from 'vitest'
import type { LoadGenerator, RunningTarget } from '../../../src/experiment/ports.js'
import { underLoad } from '../../../src/experiment/under-load.js'
import { TuneError } from '../../../src/result/error.js'
import { FAKE_REQUEST, FakeWorld } from '../../helpers/fakes.js'
import { ASYNC_ONE } from '../../helpers/trials.js'

const LOAD = { request: FAKE_REQUEST, connections: 1, rampSeconds: 0, windowSeconds: 1, timeoutSeconds: 1 }
const failure = (code: string) => new TuneError('from the outside', { code, exit: 5, suggestions: [] })
const UNREACHABLE = failure('TUNE_E_TARGET_UNREACHABLE')
const DIED = failure('TUNE_E_TARGET_DIED')

const alive = (): RunningTarget =>
  new FakeWorld({ app: { cpuMs: 1, waitMs: 1 }, effectiveCpus: 1 }).start(ASYNC_ONE)
const dead = (): RunningTarget => ({ ...alive(), counters: () => Promise.reject(DIED) })
const failing = (error: Error): LoadGenerator => ({
  run: () => Promise.reject(error),
  stop: () => Promise.resolve(),
})
const never = new AbortController().signal

it('lets a target that has ended say how, and says what the clients saw of one that still runs', async () => {
  await expect(underLoad(dead(), LOAD, failing(UNREACHABLE), never)).rejects.toBe(DIED)
  await expect(underLoad(alive(), LOAD, failing(UNREACHABLE), never)).rejects.toBe(UNREACHABLE)
})

it('asks nobody about other failures, nor after Ctrl-C', async () => {
  const other = new Error('generator')
  await expect(underLoad(dead(), LOAD, failing(other), never)).rejects.toBe(other)
  await expect(underLoad(dead(), LOAD, failing(UNREACHABLE), AbortSignal.abort())).rejects.toBe(UNREACHABLE)
})
