import { once } from 'node:events'
import { closeSync, linkSync, lstatSync, renameSync, statSync, unlinkSync, type Stats } from 'node:fs'
import net from 'node:net'
import { dirname, resolve } from 'node:path'
import { describeAddress, type BindAddress } from './bind.js'
import { ServerError, SERVER_EXIT } from './errors.js'
import type { Descriptors } from './native/descriptors.js'

/** A listening socket that nobody in this process accepts from. */
export interface Listener {
  /** Bare descriptor, inherited by the workers. */
  readonly fd: number
  /** The real address: the kernel's choice where port 0 was asked for. */
  readonly address: BindAddress
  /** Closes the descriptor; safe to call twice. */
  close(): void
  /** Removes the file of a unix socket, if it is still ours. Only when the server ends, not while workers drain. */
  remove(): void
}

/**
 * Binds before any worker exists, so that a taken port is one message and not one per worker.
 *
 * A `net.Server` that listens also accepts. The arbiter must not, so it duplicates the descriptor and closes
 * the handle: the socket lives on, unpolled.
 *
 * @throws {ServerError} exit 2.
 */
export async function openListener(
  wanted: BindAddress,
  backlog: number,
  native: Descriptors | null,
): Promise<Listener> {
  if ('socketPath' in wanted) await removeStaleSocket(wanted.socketPath)
  const server = await listen(wanted, backlog)
  const address = realAddress(server, wanted)
  return 'socketPath' in address
    ? keepSocketFile(server, address.socketPath, native)
    : { ...(await keepOpen(server, address, native)), address, remove: () => undefined }
}

interface Kept {
  fd: number
  close(): void
}

/** Closes the handle and keeps the socket. */
async function keepOpen(server: net.Server, address: BindAddress, native: Descriptors | null): Promise<Kept> {
  const fd = native?.duplicate(handleOf(server).fd) ?? -1
  await closed(server)
  if (fd === -1) return boundHandle(address)
  let open = true
  const close = () => {
    if (open) closeSync(fd)
    open = false
  }
  return { fd, close }
}

/** Without dup(2): a handle that is bound but never listens. The workers' own listen(2) opens the queue. */
function boundHandle(address: BindAddress): Kept {
  const create = (net as unknown as { _createServerHandle: CreateHandle })._createServerHandle
  const handle =
    'socketPath' in address
      ? create(address.socketPath, -1, -1)
      : create(address.host, address.port, net.isIPv6(address.host) ? 6 : 4)
  if (typeof handle === 'number') throw cannotBind(address, `error ${handle}`)
  return { fd: handle.fd, close: () => handle.close() }
}

interface Handle {
  readonly fd: number
  close(): void
}
type CreateHandle = (address: string, port: number, addressType: number) => Handle | number

function handleOf(server: net.Server): Handle {
  return (server as unknown as { _handle: Handle })._handle
}

/** libuv unlinks the file of a unix socket when its handle closes; a second link outlives that. */
async function keepSocketFile(
  server: net.Server,
  path: string,
  native: Descriptors | null,
): Promise<Listener> {
  const second = `${path}.${process.pid}`
  if (native !== null) linkSync(path, second)
  const kept = await keepOpen(server, { socketPath: path }, native)
  if (native !== null) renameSync(second, path)
  const { ino } = lstatSync(path)
  const remove = () => {
    if (statOrNull(path)?.ino === ino) unlinkSync(path)
  }
  return { ...kept, address: { socketPath: path }, remove }
}

async function listen(address: BindAddress, backlog: number): Promise<net.Server> {
  const server = net.createServer()
  const where = 'socketPath' in address ? { path: address.socketPath } : address
  server.listen({ ...where, backlog })
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    throw cannotBind(address, (error as NodeJS.ErrnoException).code ?? String(error))
  }
}

function realAddress(server: net.Server, wanted: BindAddress): BindAddress {
  const found = server.address()
  return found === null || typeof found === 'string' ? wanted : { host: found.address, port: found.port }
}

function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** The file of a server that died is in the way; the file of one that answers is not ours to take. */
export async function removeStaleSocket(path: string, option = '--bind'): Promise<void> {
  const stats = statOrNull(path)
  if (stats === null) return
  if (!stats.isSocket()) throw cannotBind({ socketPath: path }, 'ENOTSOCK', option)
  if (await answers(path)) throw cannotBind({ socketPath: path }, 'EADDRINUSE', option)
  unlinkSync(path)
}

/** `null` also for what may not be looked at: listening there fails with the reason. */
function statOrNull(path: string): Stats | null {
  try {
    return lstatSync(path)
  } catch {
    return null
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    // One that may not be looked at is there.
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

/** Only a refused connection proves that nobody listens; a full queue, say, is a server at work. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path)
    socket.on('connect', () => resolve(true))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
    socket.on('connect', () => socket.destroy())
  })
}

interface Reason {
  code: string
  why: string
  todo: string
}

const REASONS: Record<string, Reason> = {
  EADDRINUSE: {
    code: 'TUNE_E_ADDRESS_IN_USE',
    why: 'another process listens there',
    todo: 'Stop that process, or choose another address with --bind (port 0 takes any free port)',
  },
  EACCES: {
    code: 'TUNE_E_ADDRESS_DENIED',
    why: 'permission denied',
    todo: 'Ports below 1024 need privileges; choose another with --bind',
  },
  EADDRNOTAVAIL: {
    code: 'TUNE_E_ADDRESS_UNKNOWN',
    why: 'this machine does not have that address',
    todo: 'Use an address of this machine: 127.0.0.1 for local clients, 0.0.0.0 for all',
  },
  ENOTFOUND: {
    code: 'TUNE_E_ADDRESS_UNKNOWN',
    why: 'the host name cannot be resolved',
    todo: 'Use an address of this machine: 127.0.0.1 for local clients, 0.0.0.0 for all',
  },
  ENOTSOCK: {
    code: 'TUNE_E_ADDRESS_IN_USE',
    why: 'a file that is no socket has that name',
    todo: 'Choose another path; the file was left alone',
  },
}

/** A unix socket is a file: what fails is its folder. */
function socketFault(path: string, code: string): Reason | null {
  if (code === 'EADDRINUSE')
    return {
      code: 'TUNE_E_ADDRESS_IN_USE',
      why: 'another process listens there',
      todo: 'Stop that process, or choose another path with --bind',
    }
  const folder = dirname(resolve(path))
  // libuv says EACCES where the folder is missing, too.
  if (code === 'ENOENT' || code === 'ENOTDIR' || (code === 'EACCES' && !isFolder(folder)))
    return {
      code: 'TUNE_E_ADDRESS_UNKNOWN',
      why: `there is no folder ${folder}`,
      todo: 'Make the folder first, or choose another path with --bind',
    }
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') return null
  return {
    code: 'TUNE_E_ADDRESS_DENIED',
    why: `no file can be made in ${folder}`,
    todo: 'Give the user that tune runs as write permission there, or choose another path with --bind',
  }
}

/** The message for an address that cannot be had, by the code of the system, and by the option that asked for it. */
export function cannotBind(address: BindAddress, code: string, option = '--bind'): ServerError {
  const atPath = 'socketPath' in address ? socketFault(address.socketPath, code) : null
  const reason = atPath ?? REASONS[code === 'EAI_AGAIN' ? 'ENOTFOUND' : code]
  const text = describeAddress(address).replace('http://', '')
  return new ServerError(`Cannot listen on ${text}: ${reason?.why ?? code}`, {
    code: reason?.code ?? 'TUNE_E_BIND',
    exit: SERVER_EXIT.usage,
    suggestions: [(reason?.todo ?? 'Choose another address with --bind').replace('--bind', option)],
  })
}
