import { InspectorChannel } from './inspector-channel.js'
import { loopbackPorts } from './inspector-port.js'
import { pausedStack } from './paused-stack.js'

const LOOK_EVERY_MS = 20

/**
 * The JavaScript stack of another Node process whose event loop hangs. SIGUSR1 makes Node open its inspector, on a
 * port of its own choice on the loopback address (see `inspectableOptions`), and that works while JavaScript runs; it costs a worker
 * nothing until then. The process stays stopped afterwards and is to be killed.
 *
 * @returns `null` when it cannot be had in time: a call into C++ that does not return, or no inspector.
 */
export async function processStack(pid: number, limitMs: number): Promise<string[] | null> {
  const limit = AbortSignal.timeout(limitMs)
  const ended = new Promise<null>((resolve) =>
    limit.addEventListener('abort', () => resolve(null), { once: true }),
  )
  return Promise.race([ended, askProcess(pid, limit).catch(() => null)])
}

async function askProcess(pid: number, limit: AbortSignal): Promise<string[] | null> {
  const before = new Set(loopbackPorts(pid))
  process.kill(pid, 'SIGUSR1')
  const port = await newPort(pid, before, limit)
  if (port === null) return null
  // Loaded only now: a server whose workers never hang does not pay for it.
  const { fetch, WebSocket } = await import('undici')
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: limit })
  const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[]
  if (target === undefined) return null
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  limit.addEventListener('abort', () => socket.close(), { once: true })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  const channel = new InspectorChannel((text) => socket.send(text))
  socket.addEventListener('message', ({ data }) => channel.receive(String(data)))
  return pausedStack(channel)
}

async function newPort(pid: number, before: ReadonlySet<number>, limit: AbortSignal): Promise<number | null> {
  while (!limit.aborted) {
    const port = loopbackPorts(pid).find((one) => !before.has(one))
    if (port !== undefined) return port
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return null
}
