import { toFailure, SERVER_EXIT } from './errors.js'
import { guardInspector } from './hang/inspectable.js'
import { figuresOf, silentMs, type LoopHost } from './loop/host.js'
import { MainLoopHost } from './loop/main-loop-host.js'
import { beatIntervalMs } from './loop/serving-loop.js'
import { ThreadHost } from './loop/thread-host.js'
import { dieWithParent } from './native/parent-death.js'
import { titleOf } from './title.js'
import { STACK_LIMIT_MS, type WorkerMessage, type WorkerRequest } from './protocol.js'
import type { ServerSettings } from './settings.js'

/**
 * A worker. It is told what to do over IPC by the arbiter, serves on descriptors it inherited, and never
 * outlives the arbiter: the kernel sees to that on Linux, the closed channel elsewhere.
 */
type StartRequest = Extract<WorkerRequest, { type: 'start' }>

const closeStrayInspector = guardInspector()
let host: LoopHost | null = null
let settings: ServerSettings | null = null
let drain: Promise<void> | null = null

process.on('message', (message: WorkerRequest) => {
  if (message.type === 'start') void start(message)
  if (message.type === 'figures' && host && settings) {
    tell({ type: 'figures', id: message.id, figures: figuresOf(host, settings) })
  }
  if (message.type === 'stack') void tellStack(message.id)
  if (message.type === 'reopen-logs') host?.reopenLogs()
  if (message.type === 'drain') finish(message.emptyBacklog)
})
process.on('disconnect', () => process.exit(0))

process.on('SIGTERM', () => finish(false))
process.on('SIGINT', () => process.exit(0))
process.on('SIGQUIT', () => process.exit(0))
// Meant for the arbiter, but sent to the whole group by terminals and supervisors. They would end a process.
for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGWINCH'] as const) process.on(signal, () => undefined)

// Whoever read what the app prints may be gone. The requests of others are not to end with that.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

async function start(request: StartRequest): Promise<void> {
  if (!dieWithParent(request.arbiterPid)) process.exit(0)
  settings = request.settings
  process.title = titleOf(`worker ${request.nr}`, request.settings)
  try {
    const starting = createHost(request)
    const { kind } = await starting.load()
    // Known before the first client can be in: whoever is told to go from now on drains, and resets nobody.
    host = starting
    await starting.accept()
    keepBeating(starting, request.settings)
    tell({ type: 'ready', kind })
  } catch (error) {
    fail(error)
  }
}

function createHost(request: StartRequest): LoopHost {
  const { workerClass, threads } = request.settings
  const inMainLoop = workerClass === 'sync' || (workerClass === 'async' && threads === 1)
  return inMainLoop ? new MainLoopHost(request) : new ThreadHost(request)
}

function keepBeating(beating: LoopHost, { ...given }: ServerSettings): void {
  setInterval(() => {
    closeStrayInspector()
    tell({ type: 'beat', silentMs: silentMs(beating), figures: figuresOf(beating, given) })
  }, beatIntervalMs(given))
}

async function tellStack(id: number): Promise<void> {
  const stack = (await host?.silentStack(STACK_LIMIT_MS)) ?? null
  tell({ type: 'stack', id, stack })
}

/** A second request to drain joins the first. */
function finish(emptyBacklog: boolean): void {
  if (host === null) process.exit(0)
  drain ??= host.drain(emptyBacklog)
  void drain.then(() => process.exit(0))
}

function fail(error: unknown): void {
  const failure = toFailure(error, { code: 'TUNE_E_WORKER_BOOT', exit: SERVER_EXIT.workerBoot })
  process.send?.({ type: 'failed', error: failure } satisfies WorkerMessage, () => process.exit(failure.exit))
}

/** An arbiter that is gone is noticed by `disconnect`; a failed send says nothing more. */
function tell(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, () => undefined)
}
