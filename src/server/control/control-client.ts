import net from 'node:net'
import { fromFailure, ServerError, SERVER_EXIT } from '../errors.js'
import type { ControlAnswer, ControlRequest } from './control-protocol.js'

/**
 * Sends one command to a running server. A reload answers when it is over, so there is no deadline.
 *
 * @throws {ServerError} what the server said, or exit 2 when none answers on the socket.
 */
export async function askServer(path: string, request: ControlRequest): Promise<unknown> {
  const answer = JSON.parse(await exchange(path, request)) as ControlAnswer
  if (answer.ok) return answer.result
  throw fromFailure(answer.error)
}

function exchange(path: string, request: ControlRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = net.connect(path, () => socket.write(`${JSON.stringify(request)}\n`))
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      reject(unreachable(path, error.code ?? error.message)),
    )
    socket.on('end', () => {
      if (text.endsWith('\n')) resolve(text)
      else reject(unreachable(path, 'the connection ended without an answer'))
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
