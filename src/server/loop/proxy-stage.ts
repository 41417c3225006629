import type { Socket } from 'node:net'
import { peerOf, type PeerList } from './peer-list.js'
import { parseProxyHeader, type ProxySource, type ProxyVersion } from './proxy-protocol.js'
import type { Stage } from './stage.js'

/** A proxy sends the header in its first packet. */
const LONGEST_WAIT_MS = 10_000

export interface ProxyStageOptions {
  version: ProxyVersion
  allowed: PeerList
  /** Somebody else than an allowed peer, something else than a header, or nothing in time. */
  onRefused: () => void
}

/**
 * Takes the PROXY header off the front of a connection, once, and lets the socket tell the address that it names. The header is
 * required: whether one is there is never guessed from the bytes (specification, 2), so a client cannot slip one in.
 */
export function proxyStage({ version, allowed, onRefused }: ProxyStageOptions): Stage {
  return (socket, done) => {
    const refuse = () => {
      onRefused()
      socket.destroy()
    }
    if (!allowed.includes(peerOf(socket))) {
      refuse()
      return
    }
    let seen = Buffer.alloc(0)
    const timer = setTimeout(refuse, LONGEST_WAIT_MS)
    const leave = () => {
      clearTimeout(timer)
      socket.off('readable', read)
      socket.off('close', leave)
      socket.off('end', refuse)
      socket.off('error', ignore)
    }
    const read = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      seen = Buffer.concat([seen, chunk])
      const header = parseProxyHeader(seen, version)
      if (header.state === 'more') return
      leave()
      if (header.state === 'bad') {
        refuse()
        return
      }
      if (header.source !== null) pretendToBe(socket, header.source)
      if (seen.length > header.bytes) socket.unshift(seen.subarray(header.bytes))
      done(socket)
    }
    socket.on('readable', read)
    socket.once('close', leave)
    socket.once('end', refuse)
    socket.on('error', ignore)
  }
}

/** A reset is followed by `close`. */
function ignore(): void {
  // Nothing was promised to anybody yet.
}

const PEER = ['remoteAddress', 'remotePort', 'remoteFamily'] as const

/** On this object alone; `net.Socket` asks the kernel. */
function pretendToBe(socket: Socket, { address, port, family }: ProxySource): void {
  const values = { remoteAddress: address, remotePort: port, remoteFamily: family }
  for (const name of PEER) Object.defineProperty(socket, name, { value: values[name], configurable: true })
}

/** What a proxy said of a connection holds for TLS upon it, too. */
export function samePeer(from: Socket, to: Socket): void {
  for (const name of PEER) {
    const said = Object.getOwnPropertyDescriptor(from, name)
    if (said) Object.defineProperty(to, name, said)
  }
}
