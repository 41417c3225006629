import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SHORTER_SOCKET_PATH, socketPathFault } from '../bind.js'
import { fromFailure, ServerError, SERVER_EXIT } from '../errors.js'
import type { ControlAnswer, ControlRequest } from './control-protocol.js'

/** A server that lives answers within one second, which it grants its workers for their figures; the rest is for a machine that is busy. */
const PROMPT_MS = 5000
/** During a reload the server reads its configuration and compiles the app, and may be silent meanwhile. */
const RELOADING_MS = 30_000
const BETWEEN_LOOKS_MS = 1000

export interface AskLimits {
  promptMs: number
  reloadingMs: number
}

/**
 * Sends one command to a running server. All but a reload are answered at once; that one answers when it is over, and is waited for as
 * long as the server answers other questions meanwhile.
 *
 * @throws {ServerError} what the server said, or exit 2 when none answers on the socket.
 */
export async function askServer(
  path: string,
  request: ControlRequest,
  limits: AskLimits = { promptMs: PROMPT_MS, reloadingMs: RELOADING_MS },
): Promise<unknown> {
  const fault = socketPathFault(path)
  if (fault !== null) {
    throw new ServerError(`No control socket can be at ${path}: ${fault}`, {
      code: 'TUNE_E_NO_SERVER',
      exit: SERVER_EXIT.usage,
      suggestions: [SHORTER_SOCKET_PATH],
    })
  }
  if (request.command === 'stats' || request.command === 'config') return ask(path, request, limits.promptMs)
  // A server that is silent now would obey when it wakes, long after the command was said to have failed.
  await ask(path, { command: 'config' }, limits.promptMs)
  if (request.command !== 'reload') return ask(path, request, limits.promptMs)
  const over = new AbortController()
  try {
    return await Promise.race([
      ask(path, request, null, over.signal),
      watch(path, limits.reloadingMs, over.signal),
    ])
  } finally {
    over.abort()
  }
}

/** Ends only with an error, once the server is silent. */
async function watch(path: string, limitMs: number, over: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(BETWEEN_LOOKS_MS, undefined, { signal: over })
    try {
      await ask(path, { command: 'config' }, limitMs, over)
    } catch (error) {
      // One that is gone has ended the connection of the reload as well, whose message is the better one.
      if (error instanceof ServerError && error.code === 'TUNE_E_SERVER_SILENT') throw error
    }
  }
}

async function ask(
  path: string,
  request: ControlRequest,
  limitMs: number | null,
  over?: AbortSignal,
): Promise<unknown> {
  const answer = answerIn(await exchange(path, request, limitMs, over))
  if (answer === null) throw unreachable(path, 'what answers there is no control socket of tune')
  if (answer.ok) return answer.result
  throw fromFailure(answer.error)
}

/** The socket may be that of an HTTP server. */
function answerIn(text: string): ControlAnswer | null {
  try {
    const answer = JSON.parse(text) as Partial<ControlAnswer> | null
    return typeof answer?.ok === 'boolean' ? (answer as ControlAnswer) : null
  } catch {
    return null
  }
}

function exchange(
  path: string,
  request: ControlRequest,
  limitMs: number | null,
  over?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = net.connect(path, () => socket.write(`${JSON.stringify(request)}\n`))
    const fail = (error: ServerError) => {
      reject(error)
      socket.destroy()
    }
    // By the clock and not by silence: who sends a byte now and then is no server either.
    const timer = limitMs === null ? undefined : setTimeout(() => fail(silent(path, limitMs)), limitMs)
    const leave = () => socket.destroy()
    over?.addEventListener('abort', leave, { once: true })
    socket.once('close', () => {
      clearTimeout(timer)
      over?.removeEventListener('abort', leave)
      // Of no effect once it is settled.
      reject(unreachable(path, 'the connection ended without an answer'))
    })
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      // The queue of those who wait to be accepted is full.
      fail(error.code === 'EAGAIN' ? silent(path, null) : unreachable(path, error.code ?? error.message)),
    )
    socket.on('end', () => {
      if (text.endsWith('\n')) resolve(text)
      else fail(unreachable(path, 'the connection ended without an answer'))
    })
  })
}

function unreachable(path: string, why: string): ServerError {
  return new ServerError(`No server answers on the control socket ${path}: ${why}`, {
    code: 'TUNE_E_NO_SERVER',
    exit: SERVER_EXIT.usage,
    suggestions: ['Start the server with --control-socket, and give the same path here'],
  })
}

/** @param afterMs `null` where the connection was not even queued. */
function silent(path: string, afterMs: number | null): ServerError {
  const what = afterMs === null ? 'accepts nobody any more' : `gave no answer within ${afterMs / 1000} s`
  return new ServerError(
    `Whoever listens on the control socket ${path} ${what}: the server is stopped (SIGSTOP, a debugger) or hangs, or it is another program`,
    {
      code: 'TUNE_E_SERVER_SILENT',
      exit: SERVER_EXIT.usage,
      suggestions: [
        `See who listens there with ss -xlp, and in which state: T in ps is stopped, and kill -CONT <pid> wakes it`,
        'Give the path that the server was started with as --control-socket',
      ],
    },
  )
}
