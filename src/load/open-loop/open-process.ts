import type { OpenLoadSpec, OpenOutcome } from '../../result/open-load.js'
import { measureOpen } from './measure-open.js'

/** To the parent: `failed` carries the message of an error that is none of the server's. */
export type FromOpenProcess =
  { type: 'ready' } | { type: 'measured'; outcome: OpenOutcome } | { type: 'failed'; message: string }

// The generator of open load: a process of its own, which goes when its parent does, however that died.

process.title = 'tune: open load generator'
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group. The parent decides what it means, and ends this process.
process.on('SIGINT', () => undefined)
process.on('message', (spec: OpenLoadSpec) => {
  measureOpen(spec, new AbortController().signal).then(
    (outcome) => send({ type: 'measured', outcome }),
    (error: unknown) => send({ type: 'failed', message: String(error) }),
  )
})
send({ type: 'ready' })

function send(message: FromOpenProcess): void {
  if (process.connected) process.send?.(message)
}
