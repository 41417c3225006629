import { readFileSync } from 'node:fs'
import https from 'node:https'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { fixture } from './server.js'

/** A file of test/fixtures/tls. */
export function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
}

export function pem(name: string): string {
  return readFileSync(tlsFile(name), 'utf8')
}

export const TLS = { certfile: tlsFile('server.pem'), keyfile: tlsFile('server-key.pem') }
export const echo = fixture('peer.js')

/** What test/fixtures/apps/peer.js saw of a request. */
export interface Seen {
  encrypted: boolean
  remoteAddress: string
  remotePort: number
  headers: Record<string, string>
  rawHeaders: string[]
  url: string
  authorized: boolean
  peerName: string | null
  resumed: boolean
}

export interface SecureAnswer {
  status: number
  seen: Seen
  /** Name and fingerprint of what the server showed. */
  certificate: tls.PeerCertificate
  protocol: string | null
  connection: string | undefined
}

/** One HTTPS request on a connection of its own, unless an agent is given. */
export function getSecurely(
  port: number,
  options: https.RequestOptions = {},
  path = '/',
): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const trust = [pem('server.pem'), pem('renewed.pem')]
    const request = https.get(
      { host: '127.0.0.1', port, path, ca: trust, agent: false, ...options },
      (response) => {
        // Gone once the connection is closed.
        const socket = response.socket as unknown as Pick<tls.TLSSocket, 'getPeerCertificate' | 'getProtocol'>
        const certificate = socket.getPeerCertificate()
        const protocol = socket.getProtocol()
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response
          const seen = (body.startsWith('{') ? JSON.parse(body) : {}) as Seen
          resolve({ status, seen, certificate, protocol, connection: headers.connection })
        })
      },
    )
    request.on('error', reject)
  })
}
