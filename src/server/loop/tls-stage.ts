import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { ServerSettings } from '../settings.js'
import type { TlsMaterial } from '../tls-material.js'
import { samePeer } from './proxy-stage.js'
import type { Stage } from './stage.js'

type TlsSettings = Pick<
  ServerSettings,
  'certReqs' | 'tlsMinVersion' | 'tlsMaxVersion' | 'ciphers' | 'headerTimeoutSeconds'
>

/** Even where a head may take for ever, a handshake may not: it costs the client nothing. */
const LONGEST_HANDSHAKE_MS = 120_000

/**
 * The TLS handshake of an accepted connection. Its slot was taken when it was accepted. HTTP/1.1 alone is
 * offered: a client who speaks nothing else is told so in the handshake.
 *
 * @param onFailed a handshake that came to nothing: a client who refused the certificate, spoke no TLS, or fell silent.
 */
export function tlsStage(settings: TlsSettings, material: TlsMaterial, onFailed: () => void): Stage {
  const { certReqs, tlsMinVersion, tlsMaxVersion, ciphers, headerTimeoutSeconds } = settings
  // Never listens: it is given connections, as the HTTP server is.
  const server = createServer({
    cert: material.cert,
    key: material.key,
    ca: material.ca ?? undefined,
    ciphers: ciphers ?? undefined,
    minVersion: tlsMinVersion,
    maxVersion: tlsMaxVersion,
    requestCert: certReqs !== 'none',
    rejectUnauthorized: certReqs === 'required',
    ticketKeys: Buffer.from(material.ticketKeys, 'base64'),
    handshakeTimeout: headerTimeoutSeconds === 0 ? LONGEST_HANDSHAKE_MS : headerTimeoutSeconds * 1000,
    ALPNProtocols: ['http/1.1'],
  })
  const waiting = new WeakMap<object, (socket: Socket) => void>()
  server.on('secureConnection', (secure) => {
    // The wrapped socket, which Node keeps for itself and documents nowhere.
    const { _parent: raw } = secure as unknown as { _parent: Socket }
    samePeer(raw, secure)
    waiting.get(raw)?.(secure)
  })
  server.on('tlsClientError', (_error, secure) => {
    onFailed()
    // A timed-out handshake is reported and left open.
    secure.destroy()
  })
  return (socket, done) => {
    waiting.set(socket, done)
    server.emit('connection', socket)
  }
}
