import type { BindAddress } from '../bind.js'
import { libc, type Library } from './libc.js'

/** Calls on sockets that Node does not offer. */
export interface Sockets {
  /** Is it a stream socket that listens? */
  isListener(fd: number): boolean
  /** What the socket is bound to; `null` for a family that is neither IP nor unix. */
  nameOf(fd: number): BindAddress | null
  /** One datagram to a unix socket; a leading `@` means the abstract namespace. False when it could not be sent. */
  sendDatagram(path: string, text: string): boolean
}

type Call = (...args: unknown[]) => number

const LINUX = process.platform === 'linux'
const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = LINUX ? 10 : 30
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOL_SOCKET = LINUX ? 1 : 0xffff
const SO_TYPE = LINUX ? 3 : 0x1008
const SO_ACCEPTCONN = LINUX ? 30 : 2
/** Nobody may hang on a reader who does not read. */
const MSG_DONTWAIT = LINUX ? 0x40 : 0x80
/** struct sockaddr_un is the largest: 110 bytes on Linux. */
const SOCKADDR_BYTES = 128
/** sa_family is 16 bits wide on Linux; on BSDs a length byte comes before an 8 bit family. */
const PATH_OFFSET = 2

let cached: Sockets | null | undefined

/** `null` where koffi cannot be loaded. */
export function sockets(): Sockets | null {
  if (cached !== undefined) return cached
  const library = libc()
  cached = library === null ? null : bindTo(library)
  return cached
}

function bindTo(library: Library): Sockets {
  const call = (declaration: string) => library.func(declaration) as Call
  const getsockopt = call(
    'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *size)',
  )
  const getsockname = call('int getsockname(int fd, _Out_ void *address, _Inout_ uint32_t *size)')
  const socket = call('int socket(int family, int type, int protocol)')
  const sendto = call(
    'intptr_t sendto(int fd, void *data, size_t size, int flags, void *address, uint32_t addressSize)',
  )
  const close = call('int close(int fd)')
  const option = (fd: number, name: number): number => {
    const value = Buffer.alloc(4)
    return getsockopt(fd, SOL_SOCKET, name, value, [4]) === 0 ? value.readInt32LE(0) : -1
  }
  return {
    isListener: (fd) => option(fd, SO_TYPE) === SOCK_STREAM && option(fd, SO_ACCEPTCONN) > 0,
    nameOf: (fd) => {
      const address = Buffer.alloc(SOCKADDR_BYTES)
      const size = [SOCKADDR_BYTES]
      return getsockname(fd, address, size) === 0 ? addressIn(address.subarray(0, size[0])) : null
    },
    sendDatagram: (path, text) => {
      const fd = socket(AF_UNIX, SOCK_DGRAM, 0)
      if (fd < 0) return false
      const to = unixAddress(path)
      const sent = sendto(fd, Buffer.from(text), Buffer.byteLength(text), MSG_DONTWAIT, to, to.length)
      close(fd)
      return sent === Buffer.byteLength(text)
    },
  }
}

/** A struct sockaddr as the kernel fills it. */
export function addressIn(address: Buffer): BindAddress | null {
  const family = LINUX ? address.readUInt16LE(0) : address.readUInt8(1)
  if (family === AF_INET) {
    return { host: [...address.subarray(4, 8)].join('.'), port: address.readUInt16BE(2) }
  }
  if (family === AF_INET6) return { host: ipv6In(address.subarray(8, 24)), port: address.readUInt16BE(2) }
  if (family !== AF_UNIX) return null
  const name = address.subarray(PATH_OFFSET)
  if (name[0] === 0) return { socketPath: `@${name.subarray(1).toString()}` }
  const end = name.indexOf(0)
  return { socketPath: name.subarray(0, end === -1 ? undefined : end).toString() }
}

/** In the short form of RFC 5952, by way of the URL parser. */
function ipv6In(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function unixAddress(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`)
  const head = Buffer.alloc(PATH_OFFSET)
  if (LINUX) head.writeUInt16LE(AF_UNIX, 0)
  else head.set([PATH_OFFSET + name.length, AF_UNIX])
  return Buffer.concat([head, name])
}
