import { describe, expect, it } from 'vitest'
import { modelOf, type MemoryReadings } from '../../../src/advisor/memory-readings.js'

const BUDGET = 4e9
const apart = { arbiterBytes: 55e6, workersBytes: 60e6, sharedBytes: 42e6 }
const fresh = { workers: 1, threads: 1, arbiterPssBytes: 76e6, workersPssBytes: 80e6, apart }
const loaded = { ...fresh, workersPssBytes: 100e6, apart: { ...apart, workersBytes: 80e6 } }
const leaky = { ...fresh, workersPssBytes: 880e6, apart: { ...apart, workersBytes: 860e6 } }
const threaded = { ...loaded, threads: 4, apart: { ...apart, workersBytes: 140e6 } }
const model = (readings: MemoryReadings, leaks: boolean | null) => modelOf(readings, leaks, BUDGET, true)

describe('modelOf', () => {
  it('takes a worker as it is under load', () => {
    for (const leaks of [null, false]) {
      expect(model({ fresh, loaded }, leaks).perWorkerBytes).toBe(80e6)
    }
  })

  it('does not count what requests have left behind as memory of a worker', () => {
    expect(model({ fresh, loaded: leaky }, true).perWorkerBytes).toBe(60e6)
    // Before anybody knows, so much is suspicious; where it turns out to be the heap of the app, it counts.
    expect(model({ fresh, loaded: leaky }, null).perWorkerBytes).toBe(60e6)
    expect(model({ fresh, loaded: leaky }, false).perWorkerBytes).toBe(860e6)
  })

  it('takes the arbiter of a server that has been up for longer, where private pages are told of both', () => {
    const settled = { arbiterPssBytes: 38e6, apart: { ...apart, arbiterBytes: 36e6, workersBytes: 9e8 } }
    expect(model({ fresh, loaded, settled }, false)).toMatchObject({
      arbiterBytes: 36e6,
      perWorkerBytes: 80e6,
    })
    // PSS of an arbiter beside many servers is less than that of one alone: it says nothing of what was left behind.
    expect(model({ fresh, loaded, settled: { arbiterPssBytes: 1e6 } }, false).arbiterBytes).toBe(55e6)
  })

  it('measures a thread by a threaded server, but of one that leaks', () => {
    expect(model({ fresh, loaded, threaded }, false)).toMatchObject({
      ...{ perThreadBytes: 20e6, perThreadEvidence: 'measured' },
    })
    expect(model({ fresh, loaded, threaded }, true).perThreadEvidence).toBe('rule of thumb')
  })
})
