import { toFailure, SERVER_EXIT } from './errors.js'
import { serve, type ServerControl } from './index.js'
import type { ServerMessage, ServerRequest } from './protocol.js'
import type { ServerSettings } from './settings.js'

/**
 * The server as a child process: settings as JSON in the first argument, and an `ipc` channel to the process that
 * started it. When that process is gone, so is the server, at once.
 */
let control: ServerControl | null = null

process.on('message', (request: ServerRequest) => {
  if (request.type === 'stop') control?.stop(request.graceful)
  else void answerStats(request.id)
})
process.on('disconnect', () => control?.stop(false))

async function main(): Promise<number> {
  // The channel may have closed while this program was being loaded; nobody hears of that any more.
  if (!process.connected) return SERVER_EXIT.ok
  try {
    const settings = JSON.parse(process.argv[2] ?? '{}') as Partial<ServerSettings> & { app: string }
    return await serve(settings, {
      onControl: (given) => (control = given),
      onReady: ({ addresses, app }) => void tell({ type: 'ready', pid: process.pid, addresses, app }),
    })
  } catch (error) {
    const failure = toFailure(error, { code: 'TUNE_E_INTERNAL', exit: SERVER_EXIT.internal })
    await tell({ type: 'failed', error: failure })
    return failure.exit
  }
}

async function answerStats(id: number): Promise<void> {
  if (control) await tell({ type: 'stats', id, stats: await control.stats() })
}

function tell(message: ServerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve())
    else resolve()
  })
}

process.exit(await main())
