import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = resolve(import.meta.dirname, '../..')
const RUN_JS = join(ROOT, 'bin/run.js')

export interface Finished {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A `tune` under test. Every process that it starts inherits `mark` in its environment, so none can hide. */
export interface Running {
  child: ChildProcess
  finished: Promise<Finished>
  /** Processes of this run that are still alive, the CLI included. */
  alive(): number[]
  /** Resolves when stderr or stdout contains the text; rejects when the process ends without it. */
  printed(text: string | RegExp): Promise<void>
  /** Ends everything that is left of the run. */
  reap(): void
}

export interface RunOptions {
  cwd?: string
  env?: Record<string, string>
  timeoutMs?: number
}

export function startTune(
  args: string[],
  { cwd = ROOT, env = {}, timeoutMs = 150_000 }: RunOptions = {},
): Running {
  const mark = randomUUID()
  const child = spawn(process.execPath, [RUN_JS, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '120', ...env, TUNE_TEST_MARK: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  const grow = (): void => watchers.forEach((watch) => watch())
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    grow()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    grow()
  })

  const alive = (): number[] => processesMarked(mark)
  const reap = (): void => alive().forEach((pid) => kill(pid))
  const timer = setTimeout(reap, timeoutMs)
  const finished = new Promise<Finished>((done) =>
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      grow()
      done({ code, signal, stdout, stderr })
    }),
  )
  const printed = (text: string | RegExp): Promise<void> =>
    new Promise((found, missed) => {
      const watch = (): void => {
        const output = stderr + stdout
        if (typeof text === 'string' ? output.includes(text) : text.test(output)) found()
        else if (child.exitCode !== null || child.signalCode !== null) {
          missed(new Error(`ended without printing ${String(text)}:\n${output}`))
        } else return
        watchers.delete(watch)
      }
      watchers.add(watch)
      watch()
    })
  return { child, finished, alive, printed, reap }
}

/** Runs to the end; fails when a process of the run outlives it. */
export async function runTune(args: string[], options?: RunOptions): Promise<Finished & { left: number[] }> {
  const running = startTune(args, options)
  try {
    const finished = await running.finished
    return { ...finished, left: await survivors(running, 500) }
  } finally {
    running.reap()
  }
}

/** What is still alive after the grace: an empty list as soon as nothing is. */
export async function survivors(running: Running, graceMs: number): Promise<number[]> {
  const deadline = Date.now() + graceMs
  while (running.alive().length > 0 && Date.now() < deadline) await sleep(50)
  return running.alive()
}

function processesMarked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(`TUNE_TEST_MARK=${mark}`))
    .map(Number)
}

function environmentOf(pid: string): string {
  try {
    // A zombie has an empty environment, so a process that is merely unreaped does not count as alive.
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended between the look and the signal.
  }
}
