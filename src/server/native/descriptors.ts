import { libc, type Library } from './libc.js'

/** Calls on listening descriptors that Node does not offer. */
export interface Descriptors {
  /** A second descriptor of the same socket, closed on exec. -1 when the process has no descriptor left. */
  duplicate(fd: number): number
  /**
   * Takes the client who waits longest in the accept queue of a non-blocking listening socket: his descriptor, -1 when nobody waits or
   * no descriptor is left. Always -1 where the kernel cannot keep the descriptor from child processes in the same call.
   */
  accept(fd: number): number
  /** How many descriptors this process may have open, now; a new one always gets the lowest free number below it. */
  limit(): number
  /** Is a client waiting in the accept queue of one of these sockets? Costs half a microsecond. */
  hasWaiting(fds: readonly number[]): boolean
  /**
   * How long ago the last byte of a connection came, or the connection itself when none has come: for one that was just accepted,
   * how long it waited in the queue, to the kernel's tick. 0 where the kernel does not tell.
   */
  waitedMs(fd: number): number
  /**
   * No delay of small packets (TCP_NODELAY) on the connections that a listening socket will accept; on Linux they inherit it.
   * False where they do not, and for sockets other than TCP.
   */
  sendAtOnce(fd: number): boolean
  /** What is written to a TCP connection from now on waits for more, until `endSending` or, where that does not come, for 200 ms. */
  holdBack(fd: number): void
  /** Sends what was held back, and with it the end: nothing follows. */
  endSending(fd: number): void
  /**
   * The other end of a connection has sent what nobody has read, and has not said that it was all. False where the kernel does not tell. It
   * takes no lock of the connection, as FIONREAD would: while the client closes it that cost 2 µs in place of 0.3.
   */
  isSending(fd: number): boolean
  /** Struct sockaddr_in of the other end of a connection over IPv4, `null` for any other. */
  peerOf(fd: number): Buffer | null
}

/** F_DUPFD_CLOEXEC, so that a child process of the app does not keep the port. */
const DUPLICATE_CLOEXEC = process.platform === 'linux' ? 1030 : 67
/** SOCK_CLOEXEC and SOCK_NONBLOCK. */
const ACCEPT_FLAGS = 0o2000000 | 0o4000
const RLIMIT_NOFILE = process.platform === 'linux' ? 7 : 8
/** struct rlimit: what counts now, and how far it may be raised. */
const RLIMIT_BYTES = 16
const SHUT_WR = 1
const AF_INET = 2
const SOCKADDR_IN_BYTES = 16
const POLLIN = 1
const POLLRDHUP = 0x2000
/** struct pollfd: int fd, short events, short revents. */
const POLLFD_BYTES = 8

let cached: Descriptors | null | undefined

/** `null` where koffi cannot be loaded: the server then runs without admission. */
export function descriptors(): Descriptors | null {
  if (cached !== undefined) return cached
  const library = libc()
  cached = library === null ? null : bindTo(library)
  return cached
}

function bindTo(library: Library): Descriptors {
  const fcntl = library.func('int fcntl(int fd, int command, ...)') as (...args: unknown[]) => number
  const poll = library.func('int poll(_Inout_ void *fds, unsigned long count, int timeoutMs)') as Poll
  const getrlimit = library.func('int getrlimit(int resource, _Out_ void *limit)') as (
    resource: number,
    limit: Buffer,
  ) => number
  const shutdown = library.func('int shutdown(int fd, int how)') as (fd: number, how: number) => number
  const setOption = process.platform === 'linux' ? tcpOptionSetter(library) : () => false
  const limit = Buffer.alloc(RLIMIT_BYTES)
  return {
    accept: process.platform === 'linux' ? acceptFrom(library) : () => -1,
    limit: () => (getrlimit(RLIMIT_NOFILE, limit) === 0 ? Number(limit.readBigUInt64LE()) : Infinity),
    duplicate: (fd) => fcntl(fd, DUPLICATE_CLOEXEC, 'int', 0),
    hasWaiting: (fds) => {
      const request = Buffer.alloc(POLLFD_BYTES * fds.length)
      fds.forEach((fd, index) => {
        request.writeInt32LE(fd, index * POLLFD_BYTES)
        request.writeInt16LE(POLLIN, index * POLLFD_BYTES + 4)
      })
      return poll(request, fds.length, 0) > 0
    },
    waitedMs: process.platform === 'linux' ? tcpWait(library) : () => 0,
    sendAtOnce: (fd) => setOption(fd, TCP_NODELAY),
    holdBack: (fd) => void setOption(fd, TCP_CORK),
    endSending: (fd) => void shutdown(fd, SHUT_WR),
    isSending: process.platform === 'linux' ? unreadAndNoEnd(poll) : () => false,
    peerOf: process.platform === 'linux' ? peerOver4(library) : () => null,
  }
}

type Poll = (fds: Buffer, count: number, timeoutMs: number) => number

function unreadAndNoEnd(poll: Poll): (fd: number) => boolean {
  const request = Buffer.alloc(POLLFD_BYTES)
  request.writeInt16LE(POLLIN | POLLRDHUP, 4)
  return (fd) => {
    request.writeInt32LE(fd, 0)
    return poll(request, 1, 0) > 0 && request.readInt16LE(6) === POLLIN
  }
}

/** Switches one on. */
function tcpOptionSetter(library: Library): (fd: number, option: number) => boolean {
  const setsockopt = library.func(
    'int setsockopt(int fd, int level, int option, void *value, uint32_t length)',
  ) as (...args: unknown[]) => number
  const on = Uint32Array.of(1)
  return (fd, option) => setsockopt(fd, IPPROTO_TCP, option, on, on.byteLength) === 0
}

function peerOver4(library: Library): (fd: number) => Buffer | null {
  const getpeername = library.func('int getpeername(int fd, void *address, void *length)') as (
    ...args: unknown[]
  ) => number
  const length = new Uint32Array(1)
  return (fd) => {
    const address = Buffer.allocUnsafe(SOCKADDR_IN_BYTES)
    length[0] = SOCKADDR_IN_BYTES
    if (getpeername(fd, address, length) !== 0 || address.readUInt16LE(0) !== AF_INET) return null
    return address
  }
}

function acceptFrom(library: Library): (fd: number) => number {
  const accept4 = library.func('int accept4(int fd, void *address, void *length, int flags)') as (
    ...args: unknown[]
  ) => number
  return (fd) => accept4(fd, null, null, ACCEPT_FLAGS)
}

const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const TCP_CORK = 3
const TCP_INFO = 11
/** `struct tcp_info` up to and including `tcpi_last_data_recv`, a number of milliseconds. */
const LAST_DATA_RECEIVED = 52
const TCP_INFO_BYTES = 56

function tcpWait(library: Library): (fd: number) => number {
  // Plain pointers to buffers: a JavaScript array that koffi copies in and out made the call half as slow again.
  const getsockopt = library.func(
    'int getsockopt(int fd, int level, int option, void *value, void *length)',
  ) as (...args: unknown[]) => number
  const info = Buffer.alloc(TCP_INFO_BYTES)
  const length = new Uint32Array(1)
  return (fd) => {
    length[0] = TCP_INFO_BYTES
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) !== 0) return 0
    return info.readUInt32LE(LAST_DATA_RECEIVED)
  }
}
