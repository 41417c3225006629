import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { markSecure } from '../app/scheme.js'
import type { ServerSettings } from '../settings.js'
import { parsePeers, peerOf, unmapped, type PeerList } from './peer-list.js'
import type { Refusal } from './strict-http.js'

/** Beside everything that begins with `x-forwarded-`. */
const FORWARDED = new Set(['forwarded', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip'])
const PREFIX = 'x-forwarded-'
const ASCII = 128

type Settings = Pick<ServerSettings, 'forwardedAllowIps' | 'secureSchemeHeaders'>

/**
 * What proxies say about the client. From a trusted peer the headers reach the app as they are; from anybody else they
 * are taken out, so that an app or framework that believes them cannot be lied to.
 */
export class ForwardedHeaders {
  readonly #trusted: PeerList
  /** Lower-case header name to the value that means TLS. */
  readonly #secure: Map<string, string>
  readonly #secureNames: string[]
  /** By character code, 1 for what the names of such headers begin with: most others need no look at all. */
  readonly #initials = new Uint8Array(ASCII)
  readonly #onRemoved: (peer: string) => void

  /** @param onRemoved told of every request that lost headers. */
  constructor(settings: Settings, onRemoved: (peer: string) => void) {
    this.#trusted = parsePeers(settings.forwardedAllowIps)
    this.#secure = new Map(
      settings.secureSchemeHeaders.map((text) => {
        const at = text.indexOf('=')
        return [text.slice(0, at).toLowerCase(), text.slice(at + 1).toLowerCase()]
      }),
    )
    this.#secureNames = [...this.#secure.keys()]
    for (const name of [PREFIX, ...FORWARDED, ...this.#secureNames]) {
      for (const cased of [name, name.toUpperCase()]) this.#initials[cased.charCodeAt(0)] = 1
    }
    this.#onRemoved = onRemoved
  }

  trusts(socket: Socket): boolean {
    return this.#trusted.includes(peerOf(socket))
  }

  /**
   * Before the app sees the request.
   *
   * @param trusted whether its connection comes from a trusted peer; asked only when there is something to believe, as the
   *   address of a peer costs a system call.
   * @returns a refusal when a trusted proxy says both that the client came over TLS and that he did not.
   */
  apply(request: IncomingMessage, trusted: (request: IncomingMessage) => boolean): Refusal | null {
    if (!this.#speaksOfOthers(request.rawHeaders)) return null
    if (trusted(request)) return this.#readScheme(request)
    this.#remove(request)
    this.#onRemoved(request.socket.remoteAddress ?? '')
    return null
  }

  /**
   * The client's address: the last one in `X-Forwarded-For` that is not itself a trusted proxy. Each proxy appends
   * whom it got the request from, so what stands further left may be the client's own invention.
   */
  clientAddress(request: Pick<IncomingMessage, 'headers'>, peer: string): string {
    const header = request.headers['x-forwarded-for']
    if (header === undefined) return peer
    let client = peer
    for (const entry of String(header).split(',').reverse()) {
      const address = addressOf(entry.trim())
      if (address === null) break
      client = address
      if (!this.#trusted.includes(address)) break
    }
    return client
  }

  #readScheme(request: IncomingMessage): Refusal | null {
    let says: boolean | null = null
    const { headers } = request
    for (const name of this.#secureNames) {
      const value = headers[name]
      if (value === undefined) continue
      // Of several proxies in a row the first knows how the client came.
      const secure = String(value).split(',', 1)[0]?.trim().toLowerCase() === this.#secure.get(name)
      if (says !== null && says !== secure)
        return { status: 400, reason: 'headers that contradict each other about the scheme' }
      says = secure
    }
    if (says === true) markSecure(request)
    return null
  }

  #speaksOfOthers(rawHeaders: readonly string[]): boolean {
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      if (this.#initials[name.charCodeAt(0)] === 1 && this.#isForwarded(name.toLowerCase())) return true
    }
    return false
  }

  #isForwarded(name: string): boolean {
    return name.startsWith(PREFIX) || FORWARDED.has(name) || this.#secure.has(name)
  }

  #remove(request: IncomingMessage): void {
    const { rawHeaders } = request
    for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
      const name = (rawHeaders[index] ?? '').toLowerCase()
      if (!this.#isForwarded(name)) continue
      rawHeaders.splice(index, 2)
      // Node may have made this object already.
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a dictionary that Node owns
      delete request.headers[name]
    }
  }
}

/** `10.0.0.1`, `10.0.0.1:5000`, `::1`, `[::1]`, `[::1]:5000`. */
function addressOf(entry: string): string | null {
  const plain = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+)(?::\d+)?$/.exec(entry)?.[1] ?? entry
  return isIP(plain) === 0 ? null : unmapped(plain)
}
