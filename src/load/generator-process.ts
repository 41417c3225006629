import { EXIT, TuneError } from '../result/error.js'
import { checkEngine } from './engine-check.js'
import { type RunningTrial, startTrial } from './measure.js'
import type { FromGenerator, PlainError, ToGenerator } from './messages.js'

// A load generator: one single-threaded engine in a process of its own, kept for many trials so that its code is compiled.
// It holds nothing that is worth saving, so it goes at once when its parent does, however that died.

process.title = 'tune: load generator'
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group. The parent decides what it means, and ends this process.
process.on('SIGINT', () => undefined)

let trial: RunningTrial | undefined

process.on('message', (message: ToGenerator) => {
  if (message.type === 'run') run(message)
  else if (message.type === 'drain') void drain()
  else void stop()
})

try {
  checkEngine()
  send({ type: 'ready' })
} catch (error) {
  send({ type: 'failed', error: plain(error) })
}

function run({ spec, startAtMs }: Extract<ToGenerator, { type: 'run' }>): void {
  const started = startTrial(spec, startAtMs)
  trial = started
  started.measured.then(
    (measurement) => send({ type: 'measured', measurement }),
    (error: unknown) => {
      // A stopped trial has no one waiting for its reason.
      if (trial === started) send({ type: 'failed', error: plain(error) })
    },
  )
}

async function drain(): Promise<void> {
  // What ends it, ends with the trial: then somebody has said stop, and nobody waits.
  const answers = await trial?.drain().catch(() => undefined)
  if (answers !== undefined) send({ type: 'drained', answers })
}

async function stop(): Promise<void> {
  const stopping = trial
  trial = undefined
  await stopping?.stop()
  // Between trials nobody waits, and what is collected here cannot fall into a window; left alone, the heap grew by 4 MiB a minute.
  globalThis.gc?.()
  send({ type: 'idle' })
}

function send(message: FromGenerator): void {
  // The parent may be gone already; then `disconnect` is on its way.
  if (process.connected) process.send?.(message)
}

function plain(error: unknown): PlainError {
  if (error instanceof TuneError) {
    const { message, code, exit, suggestions } = error
    return { message, code, exit, suggestions }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { message, code: 'TUNE_E_GENERATOR', exit: EXIT.internal, suggestions: [] }
}
