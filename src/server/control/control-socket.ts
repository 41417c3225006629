import { chmodSync, rmSync } from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { toFailure, ServerError, SERVER_EXIT } from '../errors.js'
import { removeStaleSocket } from '../listener.js'
import { MAX_WORKERS } from '../settings.js'
import type { ControlAnswer, Controlled, ControlRequest } from './control-protocol.js'

/** Nobody needs a longer command. */
const LONGEST_LINE_BYTES = 4096

export interface ControlSocket {
  close(): void
}

/**
 * Takes commands on a unix socket.
 *
 * @param mode who may open it, 0600 for the owner of the server alone.
 * @throws {ServerError} exit 2, when the path is taken or cannot be used.
 */
export async function openControlSocket(
  path: string,
  mode: number,
  server: Controlled,
): Promise<ControlSocket> {
  await removeStaleSocket(path, '--control-socket')
  const clients = new Set<net.Socket>()
  const listener = net.createServer((client) => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    client.on('error', () => client.destroy())
    client.on('data', () => {
      if (client.bytesRead > LONGEST_LINE_BYTES) client.destroy()
    })
    const lines = createInterface({ input: client })
    // It passes on the errors of its input, and one that nobody hears would end the server: a client that left before its answer.
    lines.on('error', () => client.destroy())
    lines.on('line', (line) => {
      void answer(line, server).then((reply) => {
        if (client.writable) client.end(`${JSON.stringify(reply)}\n`)
      })
    })
  })
  // The file must never be open to more people than in the end, not even for a moment.
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      // For good: a connection that the system cannot hand over (no memory) is lost, and not the server with it.
      listener.on('error', reject)
      listener.listen(path, resolve)
      process.umask(umask)
    })
    chmodSync(path, mode)
  } catch (error) {
    process.umask(umask)
    const why = error instanceof Error ? error.message : String(error)
    throw new ServerError(`Cannot open the control socket: ${why}`, {
      code: 'TUNE_E_CONTROL_SOCKET',
      exit: SERVER_EXIT.usage,
      suggestions: ['Choose a path in a directory that exists and may be written to with --control-socket'],
    })
  }
  return {
    close: () => {
      listener.close()
      for (const client of clients) client.end()
      rmSync(path, { force: true })
    },
  }
}

async function answer(line: string, server: Controlled): Promise<ControlAnswer> {
  try {
    return { ok: true, result: await obey(JSON.parse(line) as ControlRequest, server) }
  } catch (error) {
    return { ok: false, error: toFailure(error, { code: 'TUNE_E_CONTROL', exit: SERVER_EXIT.usage }) }
  }
}

async function obey(request: ControlRequest, server: Controlled): Promise<unknown> {
  switch (request.command) {
    case 'stats':
      return server.stats()
    case 'config':
      return server.settings
    case 'reload': {
      const failure = await server.reload()
      if (failure !== null) throw new ServerError(failure.message, failure)
      return { reloaded: true }
    }
    case 'scale': {
      const { workers } = request
      if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) {
        throw refuse(
          `workers must be a whole number from 1 to ${MAX_WORKERS}, not ${JSON.stringify(workers)}`,
        )
      }
      server.scale(workers)
      return { workers }
    }
    case 'shutdown':
      server.stop(request.graceful)
      return { stopping: true }
    default:
      throw refuse('The command is none of stats, config, reload, scale, shutdown')
  }
}

function refuse(message: string): ServerError {
  return new ServerError(message, { code: 'TUNE_E_CONTROL', exit: SERVER_EXIT.usage })
}
