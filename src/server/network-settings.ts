import { ServerError, SERVER_EXIT } from './errors.js'
import { parsePeers } from './loop/peer-list.js'

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** Who is at the other end of a connection, and how that is known. */
export interface NetworkSettings {
  /** PEM file with the server's certificate and its chain; switches TLS on. */
  certfile: string | null
  /** PEM file with the certificate's key; without it the key is looked for in `certfile`. */
  keyfile: string | null
  /** PEM file with the authorities that client certificates must come from. */
  caCerts: string | null
  /** `optional` lets clients in whose certificate is missing or bad; the app sees `socket.authorized`. */
  certReqs: 'none' | 'optional' | 'required'
  tlsMinVersion: TlsVersion
  tlsMaxVersion: TlsVersion
  /** OpenSSL's notation; `null` leaves the choice to Node. */
  ciphers: string | null
  /** Peers whose `X-Forwarded-*` headers reach the app: addresses, networks, or `*`. */
  forwardedAllowIps: string[]
  /** `NAME=VALUE`: a header with that value, from such a peer, says that the client came over TLS. */
  secureSchemeHeaders: string[]
  /** Every connection begins with this header of the PROXY protocol. */
  proxyProtocol: 'off' | 'v1' | 'v2' | 'auto'
  /** Peers who may speak it. */
  proxyAllowIps: string[]
}

const LOOPBACK = ['127.0.0.0/8', '::1']
const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
/** A header name (RFC 9110, 5.6.2) and a value. */
const HEADER_VALUE = /^[\w!#$%&'*+.^`|~-]+=\S+$/

export const NETWORK_DEFAULTS: NetworkSettings = {
  certfile: null,
  keyfile: null,
  caCerts: null,
  certReqs: 'none',
  tlsMinVersion: 'TLSv1.2',
  tlsMaxVersion: 'TLSv1.3',
  ciphers: null,
  forwardedAllowIps: LOOPBACK,
  secureSchemeHeaders: ['X-Forwarded-Proto=https', 'X-Forwarded-Protocol=ssl', 'X-Forwarded-Ssl=on'],
  proxyProtocol: 'off',
  proxyAllowIps: LOOPBACK,
}

export const NETWORK_TEXTS = ['certfile', 'keyfile', 'caCerts', 'ciphers'] as const

/** @throws {ServerError} `TUNE_E_SETTING`, exit 2. */
export function checkNetwork(settings: NetworkSettings): void {
  checkChoice('certReqs', settings.certReqs, ['none', 'optional', 'required'])
  checkChoice('tlsMinVersion', settings.tlsMinVersion, TLS_VERSIONS)
  checkChoice('tlsMaxVersion', settings.tlsMaxVersion, TLS_VERSIONS)
  checkChoice('proxyProtocol', settings.proxyProtocol, ['off', 'v1', 'v2', 'auto'])
  if (settings.tlsMinVersion > settings.tlsMaxVersion) {
    fail(`tlsMinVersion ${settings.tlsMinVersion} is above tlsMaxVersion ${settings.tlsMaxVersion}`)
  }
  if (settings.certfile === null) {
    for (const name of ['keyfile', 'caCerts'] as const)
      if (settings[name] !== null) fail(`${name} means nothing without certfile`, 'Add the certificate, too')
    if (settings.certReqs !== 'none') fail('certReqs means nothing without certfile', 'Add the certificate')
  }
  if (settings.certReqs !== 'none' && settings.caCerts === null) {
    fail(
      `certReqs ${settings.certReqs} needs caCerts`,
      'Name the file with the authorities that issue your client certificates',
    )
  }
  checkPeers('forwardedAllowIps', settings.forwardedAllowIps)
  checkPeers('proxyAllowIps', settings.proxyAllowIps)
  const wrong = list('secureSchemeHeaders', settings.secureSchemeHeaders).find(
    (text) => !HEADER_VALUE.test(text),
  )
  if (wrong !== undefined)
    fail(`secureSchemeHeaders: ${JSON.stringify(wrong)} is not NAME=VALUE`, 'X-Forwarded-Proto=https')
}

function checkPeers(name: string, peers: unknown): void {
  try {
    parsePeers(list(name, peers))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    fail(`${name}: ${error.message}`, 'Write addresses (10.0.0.1), networks (10.0.0.0/8), or * for everybody')
  }
}

/** The settings may come from another process as JSON. */
function list(name: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  return fail(`${name} must be a list of texts, not ${JSON.stringify(value)}`)
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    fail(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`)
}

function fail(message: string, ...suggestions: string[]): never {
  throw new ServerError(message, { code: 'TUNE_E_SETTING', exit: SERVER_EXIT.usage, suggestions })
}
