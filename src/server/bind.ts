import { isIPv6 } from 'node:net'
import { ServerError, SERVER_EXIT } from './errors.js'

/** Where the server listens. A port of 0 lets the kernel choose. */
export type BindAddress = { host: string; port: number } | { socketPath: string }

const HOST_PORT = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:[\]\s]+)):(?<port>\d{1,5})$/
/** `sun_path` holds 108 bytes on Linux and 104 on macOS, the final zero included. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103
const ADDRESS_FORMS = 'Write HOST:PORT, [IPv6]:PORT or unix:PATH, for example 127.0.0.1:8000'
export const SHORTER_SOCKET_PATH =
  'Choose a shorter path, for example below /run or /tmp, or one that is relative to the working directory'

/** @throws {ServerError} `TUNE_E_BIND`, exit 2. */
export function parseBind(text: string): BindAddress {
  if (text.startsWith('unix:')) return parseSocketPath(text)
  const { v6, host, port } = HOST_PORT.exec(text)?.groups ?? {}
  const name = v6 ?? host
  if (name === undefined || (v6 !== undefined && !isIPv6(v6))) return refuse(text, 'it is not HOST:PORT')
  if (Number(port) > 65_535) return refuse(text, 'a port is at most 65535')
  return { host: name, port: Number(port) }
}

/** The same for the server's own address, which may also be a descriptor that it was started with: `fd://3`. */
export function parseListen(text: string): BindAddress | { fd: number } {
  if (!text.startsWith('fd://')) return parseBind(text)
  const [, digits] = /^fd:\/\/(\d{1,4})$/.exec(text) ?? []
  if (digits === undefined || Number(digits) < 3) return refuse(text, 'after fd:// comes a number from 3')
  return { fd: Number(digits) }
}

/** The address as a client writes it: `http://127.0.0.1:8000`, `https://…` or `unix:/run/app.sock`. */
export function describeAddress(address: BindAddress, scheme: 'http' | 'https' = 'http'): string {
  if ('socketPath' in address) return `unix:${address.socketPath}`
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host
  return `${scheme}://${host}:${address.port}`
}

function parseSocketPath(text: string): BindAddress {
  const socketPath = text.slice('unix:'.length)
  if (socketPath === '') return refuse(text, 'the path is missing')
  const fault = socketPathFault(socketPath)
  return fault === null ? { socketPath } : refuse(text, fault, SHORTER_SOCKET_PATH)
}

/**
 * To be asked before a socket is opened or connected to: Node 20 cuts a longer path off and uses another file.
 *
 * @returns what is wrong with the path, or `null`.
 */
export function socketPathFault(path: string): string | null {
  const bytes = Buffer.byteLength(path)
  if (bytes <= MAX_SOCKET_PATH_BYTES) return null
  return `the path of a unix socket has at most ${MAX_SOCKET_PATH_BYTES} bytes here, and this one has ${bytes}`
}

function refuse(text: string, why: string, todo = ADDRESS_FORMS): never {
  throw new ServerError(`Cannot bind to ${JSON.stringify(text)}: ${why}`, {
    code: 'TUNE_E_BIND',
    exit: SERVER_EXIT.usage,
    suggestions: [todo],
  })
}
