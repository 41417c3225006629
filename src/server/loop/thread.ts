import { parentPort, workerData } from 'node:worker_threads'
import { toFailure, SERVER_EXIT } from '../errors.js'
import { balanceAt } from './balance.js'
import { LoopCounters } from './counters.js'
import { loadForLoop } from './load.js'
import { ServingLoop } from './serving-loop.js'
import type { ThreadData, ThreadMessage, ThreadRequest } from './thread-protocol.js'

/** One thread of a worker: its own event loop, its own copy of the app, its own share of the listener. */
async function run(data: ThreadData): Promise<void> {
  const app = await loadForLoop(data.app, data.addresses)
  const { settings, listenFds, tls, board } = data
  const loop = new ServingLoop({
    ...{ settings, listenFds, tls, app },
    counters: new LoopCounters(data.counters),
    balance: balanceAt(board),
  })
  parentPort?.on('message', (request: ThreadRequest) => {
    if (request.type === 'accept') {
      loop.start()
      tell({ type: 'accepting' })
    } else if (request.type === 'reopen-logs') loop.reopenLogs()
    else void loop.drain(request.emptyBacklog).then(() => tell({ type: 'drained' }))
  })
  tell({ type: 'loaded', kind: app.kind })
}

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message)
}

run(workerData as ThreadData).catch((error: unknown) => {
  tell({
    type: 'failed',
    error: toFailure(error, { code: 'TUNE_E_WORKER_BOOT', exit: SERVER_EXIT.workerBoot }),
  })
})
