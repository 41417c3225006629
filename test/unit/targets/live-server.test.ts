import { describe, expect, it } from 'vitest'
import { underWay } from '../../../src/targets/live-server.js'
import type { ServerStats } from '../../../src/server/index.js'

const worker = (given: Partial<ServerStats['workers'][number]>) =>
  ({
    ...{ busySlots: 9, connections: 9, requests: 100, aborted: 2 },
    queueWait: { boundsMs: [1], counts: [90, 15], sumMs: 0 },
    ...given,
  }) as ServerStats['workers'][number]

describe('requests under way', () => {
  it('are what the server says', () => {
    expect(underWay(worker({ requestsUnderWay: 5 }), 'async')).toBe(5)
    expect(underWay(worker({ requestsUnderWay: 0 }), 'sync')).toBe(0)
  })

  describe('of a server that was started before it counted them', () => {
    it('are what async workers were given less what has ended: their connections may be idle', () => {
      expect(underWay(worker({}), 'async')).toBe(3)
      expect(underWay(worker({ connections: 2 }), 'async')).toBe(2)
      expect(underWay(worker({ requests: 110 }), 'async')).toBe(0)
    })

    it('are the slots taken of the other classes', () => {
      expect(underWay(worker({ busySlots: 1 }), 'sync')).toBe(1)
      expect(underWay(worker({ busySlots: 4 }), 'threaded')).toBe(4)
    })
  })
})
