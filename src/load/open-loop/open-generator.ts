import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { EXIT, TuneError } from '../../result/error.js'
import type { OpenLoadSpec, OpenOutcome } from '../../result/open-load.js'
import { forkOn } from '../own-cpus.js'
import type { FromOpenProcess } from './open-process.js'

const PROGRAM = fileURLToPath(new URL('./open-process.js', import.meta.url))

/** Open load from a process of its own, which is kept from window to window until `stop`, so that its code is compiled. */
export function createOpenGenerator(cpus: string | null = null) {
  let child: ChildProcess | null = null

  async function run(spec: OpenLoadSpec, signal: AbortSignal): Promise<OpenOutcome> {
    signal.throwIfAborted()
    child ??= await start(cpus)
    // An abort that came meanwhile has fired already, and would never stop what begins below.
    signal.throwIfAborted()
    const message = answerOf(child)
    child.send(spec)
    const onAbort = (): void => void stop()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const answer = await message
      if (answer.type === 'measured') return answer.outcome
      throw died(answer.type === 'failed' ? answer.message : 'it spoke out of turn')
    } catch (error) {
      await stop()
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** The process is gone when the promise resolves. */
  async function stop(): Promise<void> {
    const stopping = child
    child = null
    if (stopping?.exitCode !== null || stopping.signalCode !== null) return
    const exited = once(stopping, 'exit')
    stopping.kill('SIGKILL')
    await exited
  }

  return { run, stop }
}

export type OpenGenerator = ReturnType<typeof createOpenGenerator>

async function start(cpus: string | null): Promise<ChildProcess> {
  const env = { ...process.env, NODE_OPTIONS: undefined, NODE_V8_COVERAGE: undefined }
  const child = fork(PROGRAM, [], {
    ...forkOn(cpus, []),
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await answerOf(child)
  return child
}

/** The next message of the process, or the reason why there will be none. */
function answerOf(child: ChildProcess): Promise<FromOpenProcess> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      child.off('exit', onExit)
      resolve(message as FromOpenProcess)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      child.off('message', onMessage)
      reject(died(signal ?? `exit code ${code ?? 'unknown'}`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}

function died(how: string): TuneError {
  return new TuneError(`The open load generator failed: ${how}`, {
    code: 'TUNE_E_GENERATOR',
    exit: EXIT.internal,
  })
}
