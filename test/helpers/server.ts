import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import type { ServerMessage, ServerSettings, ServerStats } from '../../src/server/index.js'

const ENTRY = fileURLToPath(new URL('../../dist/server/server-process.js', import.meta.url))
const APPS = fileURLToPath(new URL('../fixtures/apps/', import.meta.url))

export function fixture(name: string): string {
  return `${APPS}${name}`
}

export interface TestServer {
  readonly pid: number
  /** First TCP port, or 0. */
  readonly port: number
  readonly ready: Extract<ServerMessage, { type: 'ready' }>
  log(): string
  stats(): Promise<ServerStats>
  signal(signal: NodeJS.Signals): void
  /** Closes the channel, as when the process that started the server dies. */
  disconnect(): void
  stop(graceful: boolean): Promise<number | null>
  readonly exited: Promise<number | null>
}

export interface FailedStart {
  error: Extract<ServerMessage, { type: 'failed' }>['error']
  exitCode: number | null
  log: string
}

interface Started {
  child: ChildProcess
  log: () => string
  exited: Promise<number | null>
  first: Promise<ServerMessage | null>
}

const running = new Set<ChildProcess>()

function launch(settings: Partial<ServerSettings>, env: NodeJS.ProcessEnv): Started {
  const given = { app: fixture('serve.js'), bind: ['127.0.0.1:0'], gracefulTimeoutSeconds: 5, ...settings }
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  })
  running.add(child)
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  const first = new Promise<ServerMessage | null>((resolve) => {
    child.once('message', (message) => resolve(message as ServerMessage))
    void exited.then(() => resolve(null))
  })
  return { child, log: () => text, exited, first }
}

/** Starts the bundled server as a process of its own, ready to serve. */
export async function startServer(
  settings: Partial<ServerSettings> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<TestServer> {
  const { child, log, exited, first } = launch(settings, env)
  const ready = await first
  if (ready?.type !== 'ready') throw new Error(`the server did not start: ${JSON.stringify(ready)}\n${log()}`)
  const tcp = ready.addresses.find((address) => 'port' in address)
  let nextId = 1
  return {
    pid: ready.pid,
    port: tcp?.port ?? 0,
    ready,
    log,
    exited,
    signal: (signal) => void child.kill(signal),
    disconnect: () => child.disconnect(),
    stats: () => {
      const id = nextId++
      return new Promise((resolve, reject) => {
        child.on('message', function listen(message: ServerMessage) {
          if (message.type !== 'stats' || message.id !== id) return
          child.off('message', listen)
          resolve(message.stats)
        })
        child.send({ type: 'stats', id }, (error) => error && reject(error))
      })
    },
    stop: (graceful) => {
      child.send({ type: 'stop', graceful })
      return exited
    },
  }
}

/** Starts a server that is expected to fail. */
export async function failToStart(settings: Partial<ServerSettings>): Promise<FailedStart> {
  const { log, exited, first } = launch(settings, {})
  const message = await first
  if (message?.type !== 'failed') throw new Error(`expected a failure, got ${JSON.stringify(message)}`)
  return { error: message.error, exitCode: await exited, log: log() }
}

/** Ends whatever a test has left, its workers included. */
export async function stopServers(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
  }
}

export interface Answer {
  status: number
  worker: string
  headers: http.IncomingHttpHeaders
  body: string
  startedAtMs: number
  endedAtMs: number
}

export interface GetOptions {
  agent?: http.Agent | false
  socketPath?: string
}

/** One request, on a connection of its own unless an agent is given. */
export function get(port: number, path: string, options: GetOptions = {}): Promise<Answer> {
  const startedAtMs = performance.now()
  return new Promise((resolve, reject) => {
    const where = options.socketPath === undefined ? { host: '127.0.0.1', port } : options
    const request = http.get({ ...where, path, agent: options.agent ?? false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', reject)
      response.on('end', () => {
        const worker = String(response.headers['x-worker'])
        const { statusCode: status = 0, headers } = response
        resolve({ status, worker, headers, body, startedAtMs, endedAtMs: performance.now() })
      })
    })
    request.on('error', reject)
  })
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Waits for a condition; fails with the description when it does not come true in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
    await sleep(20)
  }
}

/** Is the process gone? One that died and was not waited for counts as gone. */
export function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/\(.*\)/s, '')
      .includes(' Z ')
  } catch {
    return true
  }
}

export function workerPids(stats: ServerStats): number[] {
  return stats.workers.map((worker) => worker.pid)
}
