import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { answerOf, EXPORT_FORMATS, type Answer, type ExportFormatName } from '../../src/export/index.js'
import { readProcesses } from '../../src/targets/process-tree.js'
import { ioDocument } from './documents.js'
import { get } from './server.js'
import { SYSTEM_PATH } from './tools.js'

const RUN_JS = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const ANSWER_MS = 20_000

/** A directory with an app and exported files in it, as on the machine that runs them, and what is started there. */
export class ExportSite {
  readonly directory = mkdtempSync(join(tmpdir(), 'tune-export-'))
  private readonly running = new Map<ChildProcess, () => string>()

  constructor() {
    // Where npm puts it, for those who look there.
    mkdirSync(join(this.directory, 'node_modules/.bin'), { recursive: true })
    symlinkSync(RUN_JS, join(this.directory, 'node_modules/.bin/tune'))
  }

  /** The environment of a supervisor: nothing of ours decides how a server is configured. */
  get env(): NodeJS.ProcessEnv {
    const path = `${this.directory}/node_modules/.bin:${SYSTEM_PATH}`
    const ours = { PORT: undefined, WEB_CONCURRENCY: undefined, NODE_ENV: undefined }
    return { ...process.env, ...ours, PATH: path, HOME: this.directory, PYTHONDONTWRITEBYTECODE: '1' }
  }

  write(name: string, text: string): string {
    const file = join(this.directory, name)
    writeFileSync(file, text)
    return file
  }

  /** Writes what `tune export --to format` would write. */
  export(format: ExportFormatName, rest: Partial<Answer>, port = 8000): { file: string; text: string } {
    const { fileName, render } = EXPORT_FORMATS[format]
    const text = render({ ...answerOf(ioDocument()), ...rest }, port)
    return { file: this.write(fileName, text), text }
  }

  /** Starts a program in a group of its own and waits until `port` gives its first good answer. */
  async start(command: readonly string[], port: number, env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
    const [program = '', ...args] = command
    const child = spawn(program, args, {
      cwd: this.directory,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    this.running.set(child, () => log)
    const deadlineMs = performance.now() + ANSWER_MS
    while ((await statusOf(port)) !== 200) {
      if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended: ${log}`)
      if (performance.now() > deadlineMs) throw new Error(`${command.join(' ')} does not answer: ${log}`)
      await sleep(50)
    }
    await this.settled(child)
    return child
  }

  /** Stops it with a signal as its supervisor would. Its exit code, once nothing of its group is left. */
  async stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    const left = (await readProcesses()).filter(
      ({ groupId, state }) => groupId === child.pid && state !== 'Z',
    )
    if (left.length > 0) throw new Error(`left of ${child.spawnargs.join(' ')}: ${JSON.stringify(left)}`)
    if (child.exitCode !== 0) throw new Error(`exit code ${String(child.exitCode)}: ${this.logOf(child)}`)
    this.running.delete(child)
    return child.exitCode
  }

  /** Starts, has an answer, stops in order. */
  async serves(command: readonly string[], port: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.stop(await this.start(command, port, env))
  }

  /** Waits until its processes stand still: one that was forked a moment ago may not hear the signal that is to stop it. */
  private async settled({ pid }: ChildProcess): Promise<void> {
    const look = async () => {
      const group = (await readProcesses()).filter(({ groupId }) => groupId === pid)
      return group.map((one) => `${one.pid} ${one.cpuSeconds}`).join()
    }
    for (let before = ''; before !== (before = await look());) await sleep(100)
  }

  logOf(child: ChildProcess): string {
    return this.running.get(child)?.() ?? ''
  }

  /** Whatever a failed test has left, and the directory. */
  async remove(): Promise<void> {
    for (const child of this.running.keys()) {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      try {
        // The group: a parent that is killed cannot end its workers.
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // Nobody of the group is left.
      }
      await exited
    }
    this.running.clear()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** 0 where nobody answers. A connection of its own, which holds up no server that is told to stop. */
export async function statusOf(port: number, path = '/'): Promise<number> {
  const answer = await get(port, path).catch(() => null)
  return answer?.status ?? 0
}
