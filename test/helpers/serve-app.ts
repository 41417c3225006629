import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const HARNESS = fileURLToPath(new URL('../fixtures/app-harness.mjs', import.meta.url))

export interface AppFailure {
  code: string
  exit: number
  message: string
  suggestions: string[]
}

export interface ServedApp {
  kind: string
  loader: string
  entryPath: string
  keepAliveTimeout: number
  port: number
  origin: string
  /** What the app itself printed, one JSON value a line. */
  output: unknown[]
  stderr: () => string
  stop(): Promise<void>
}

/** The app loaded by a fresh Node process, the way a worker does it, or the error and exit code it ended with. */
export async function serveApp(
  spec: string,
  cwd: string,
  listenWaitMs = 10_000,
): Promise<ServedApp | { error: AppFailure; exitCode: number | null }> {
  const child = spawn(process.execPath, [HARNESS, spec, cwd, String(listenWaitMs)], { cwd })
  const ended = once(child, 'close')
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const output: unknown[] = []
  const stop = async () => {
    child.stdin.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
  }
  const lines = createInterface({ input: child.stdout })
  const report = await new Promise<Record<string, unknown> | null>((resolve) => {
    lines.on('line', (line) => {
      const value: unknown = JSON.parse(line)
      if (isReport(value)) resolve(value)
      else output.push(value)
    })
    void ended.then(() => resolve(null))
  })
  if (report === null) throw new Error(`${spec}: the process ended without a report\n${stderr}`)
  if ('error' in report) {
    await stop()
    return { error: report.error as AppFailure, exitCode: child.exitCode }
  }
  const served = report as unknown as ServedApp
  return { ...served, origin: `http://127.0.0.1:${served.port}`, output, stderr: () => stderr, stop }
}

function isReport(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && ('port' in value || 'error' in value)
}

/** Runs `use` on the served app and ends the process whatever happens. */
export async function withApp<T>(
  spec: string,
  cwd: string,
  use: (app: ServedApp) => Promise<T> | T,
): Promise<T> {
  const app = await serveApp(spec, cwd)
  if ('error' in app) throw new Error(`${app.error.code}: ${app.error.message}`)
  try {
    return await use(app)
  } finally {
    await app.stop()
  }
}

export async function textOf(url: string): Promise<string> {
  const response = await fetch(url)
  return response.text()
}
