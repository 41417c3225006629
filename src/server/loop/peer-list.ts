import { BlockList, isIP } from 'node:net'

interface Endpoints {
  remoteAddress?: string | undefined
  localAddress?: string | undefined
  destroyed: boolean
}

/** Peers that are trusted with something. */
export interface PeerList {
  /** @param address as a socket tells it; `undefined` is a unix socket, where file modes decide who gets in. */
  includes(address: string | undefined): boolean
}

/**
 * @param texts addresses, networks in CIDR notation, or `*` for everybody.
 * @throws {RangeError} naming what is none of these.
 */
export function parsePeers(texts: readonly string[]): PeerList {
  const networks = new BlockList()
  let everybody = false
  for (const text of texts) {
    if (text === '*') everybody = true
    else add(networks, text)
  }
  return {
    includes: (address) => {
      if (everybody || address === undefined) return true
      const plain = unmapped(address)
      const version = isIP(plain)
      return version !== 0 && networks.check(plain, version === 6 ? 'ipv6' : 'ipv4')
    },
  }
}

/**
 * The address to look for in a list. A connection that broke has none any more, as a unix socket has none from the start; the empty
 * text, which no list includes, keeps them apart.
 */
export function peerOf(socket: Endpoints): string | undefined {
  const { remoteAddress } = socket
  if (remoteAddress !== undefined) return remoteAddress
  return socket.destroyed || socket.localAddress !== undefined ? '' : undefined
}

/** An IPv4 client of an IPv6 socket is told as `::ffff:10.0.0.1`. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

function add(networks: BlockList, text: string): void {
  const [address = '', prefix, ...more] = text.split('/')
  const version = isIP(address)
  const bits = version === 6 ? 128 : 32
  const length = prefix === undefined ? bits : Number(prefix)
  if (version === 0 || more.length > 0 || !/^\d{1,3}$/.test(prefix ?? '0') || length > bits) {
    throw new RangeError(`${JSON.stringify(text)} is no address and no network`)
  }
  networks.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4')
}
