import { ChildProcess } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BoardSeats, LOOP_STATE, LoadBoard, type Seating } from '../../../src/server/load-board.js'
import { Balance } from '../../../src/server/loop/balance.js'
import type { WorkerFigures, WorkerMessage } from '../../../src/server/protocol.js'
import { Retirement } from '../../../src/server/recycling.js'
import { checkSettings, loopsPerWorker, type ServerSettings } from '../../../src/server/settings.js'
import { WorkerHandle } from '../../../src/server/worker-handle.js'

const children: ChildProcess[] = []
const boards: BoardSeats[] = []
/** Nothing is started: what would be a worker hears nothing, as one that is blocked. */
beforeEach(() => {
  vi.spyOn(ChildProcess.prototype as unknown as { spawn: () => number }, 'spawn').mockImplementation(
    function (this: ChildProcess) {
      children.push(Object.assign(this, { pid: process.pid, connected: false }))
      return 0
    },
  )
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const board of boards.splice(0)) board.close()
})

function worker(given: Partial<ServerSettings>) {
  const settings = checkSettings({ app: 'app.js', ...given })
  const loops = loopsPerWorker(settings)
  const seats = BoardSeats.open()!
  boards.push(seats)
  const seating: Seating = seats.take(loops)!
  const handle = new WorkerHandle({
    ...{ nr: 1, generation: 1, listenerFds: [], loops, seating, identity: null },
    retirement: new Retirement(settings, 0),
    start: {
      settings,
      app: { entryPath: 'app.js', exportName: null, spec: 'app.js' },
      addresses: [],
      tls: null,
    },
    onChange: () => undefined,
  })
  const child = children.at(-1)!
  const board = LoadBoard.map(seating.fd)!
  return {
    handle,
    says: (message: WorkerMessage) => child.emit('message', message, undefined),
    loops: seating.seats.map((seat) => new Balance(board, seat)),
  }
}

const figures = (given: Partial<WorkerFigures>): WorkerFigures => ({
  ...{ requests: 7, requestsPerLoop: [7], refused: 0, timedOut: 0, handshakesFailed: 0, aborted: 0 },
  ...{ queueWait: { boundsMs: [], counts: [], sumMs: 0 }, busySlots: 0, totalSlots: 1, requestsUnderWay: 0 },
  ...{ connections: 0, cpuUserUs: 0, cpuSystemUs: 0, loops: [] },
  ...given,
})
const READY = { type: 'ready', kind: 'listen()' } as const
const beat = (given: Partial<WorkerFigures>) =>
  ({ type: 'beat', silentMs: 0, figures: figures(given) }) as const

describe.runIf(process.platform === 'linux')('a worker that does not answer', () => {
  it('has the request that it hangs in, also in the report on that', () => {
    const { handle, says, loops } = worker({ workerClass: 'sync' })
    says(READY)
    says(beat({}))
    loops[0]!.tellUnderWay(1)
    expect(handle.hangFacts(0).figures).toMatchObject({ requests: 7, busySlots: 1, requestsUnderWay: 1 })
  })

  it.each([
    ['sync', {}, 1],
    ['threaded', { threads: 3 }, 3],
    ['async', { threads: 2, workerConnections: 50 }, 100],
  ] as const)('has all its slots before its first beat: %s', async (workerClass, settings, totalSlots) => {
    const { handle, says, loops } = worker({ workerClass, ...settings })
    expect(await handle.stats(0)).toMatchObject({ state: 'booting', totalSlots: 0 })
    says(READY)
    loops[0]!.publish(LOOP_STATE.open, 1)
    loops[0]!.tellUnderWay(1)
    for (const loop of loops.slice(1)) loop.publish(LOOP_STATE.open, 0)
    expect(await handle.stats(0)).toMatchObject({ stale: true, busySlots: 1, totalSlots })
  })

  it('keeps its connections when it was told from outside to go, and left the board', async () => {
    const { handle, says, loops } = worker({ workerClass: 'async', workerConnections: 50 })
    says(READY)
    says(beat({ busySlots: 4, totalSlots: 50, connections: 4 }))
    const [loop] = loops
    loop!.publish(LOOP_STATE.open, 5)
    expect((await handle.stats(0)).busySlots).toBe(5)
    // One that is full takes nobody, and is there.
    loop!.publish(LOOP_STATE.absent, 50)
    expect((await handle.stats(0)).busySlots).toBe(50)
    loop!.publish(LOOP_STATE.absent, 0)
    expect(await handle.stats(0)).toMatchObject({ state: 'ready', busySlots: 4, connections: 4 })
  })
})
