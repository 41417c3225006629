import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { ServerError, SERVER_EXIT } from './errors.js'
import type { ServerSettings } from './settings.js'

/**
 * What workers need for TLS, as plain data. The parent reads the files, because workers may run as a user who may not, and
 * because all workers of one generation must show the same certificate.
 */
export interface TlsMaterial {
  cert: string
  key: string
  ca: string | null
  /** Base64. Shared by all loops, so that a client may resume his session with any of them; new with every reload. */
  ticketKeys: string
  /** When the certificate expires, milliseconds since 1970. */
  expiresAt: number
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  fingerprint: string
}

/** What OpenSSL wants for session tickets. */
const TICKET_KEY_BYTES = 48
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m

/**
 * Reads and checks the files.
 *
 * @returns `null` without `certfile`.
 * @throws {ServerError} `TUNE_E_TLS`, exit 2, naming the file and what is wrong with it.
 */
export function readTls(settings: ServerSettings): TlsMaterial | null {
  const { certfile, keyfile, caCerts, cwd } = settings
  if (certfile === null) return null
  const cert = read(cwd, 'certfile', certfile)
  if (!cert.includes('-----BEGIN CERTIFICATE-----'))
    fail(`certfile ${certfile} holds no certificate`, 'It must be a PEM file')
  const keyPath = keyfile ?? certfile
  const key = keyfile === null ? cert : read(cwd, 'keyfile', keyfile)
  checkKey(key, keyPath, keyfile === null)
  const ca = caCerts === null ? null : read(cwd, 'caCerts', caCerts)
  if (ca !== null && !ca.includes('-----BEGIN CERTIFICATE-----'))
    fail(`caCerts ${caCerts ?? ''} holds no certificate`)
  const first = parseCertificate(cert, certfile)
  if (!first.checkPrivateKey(createPrivateKey(key))) {
    fail(
      `The key in ${keyPath} does not belong to the certificate in ${certfile}`,
      'After a renewal both files must be replaced; the server’s own certificate must come first in certfile',
    )
  }
  const material = {
    ...{ cert, key, ca },
    ticketKeys: randomBytes(TICKET_KEY_BYTES).toString('base64'),
    expiresAt: Date.parse(first.validTo),
    fingerprint: first.fingerprint256,
  }
  checkContext(material, settings)
  return material
}

/** What an operator should hear about a certificate that works but should not be served, or `null`. */
export function tlsWarning({ cert, expiresAt }: TlsMaterial, now: number): string | null {
  const first = new X509Certificate(cert)
  if (expiresAt <= now) return `The certificate expired on ${first.validTo}: clients will refuse it`
  if (Date.parse(first.validFrom) > now)
    return `The certificate is not valid before ${first.validFrom}: clients will refuse it`
  return null
}

/** The suites of TLS 1.3 have names of their own, and no other version takes them. */
function checkVersions({ ciphers, tlsMinVersion, tlsMaxVersion }: ServerSettings): void {
  const names = (ciphers ?? '').split(':').filter((name) => /^\w/.test(name))
  if (names.length === 0) return
  const modern = names.filter((name) => name.startsWith('TLS_'))
  if (modern.length === names.length && tlsMaxVersion === 'TLSv1.2') {
    fail(
      `ciphers ${JSON.stringify(ciphers)} are of TLS 1.3 alone, and tlsMaxVersion is TLSv1.2: no client could connect`,
      'Leave --tls-max-version out, or name ciphers of TLS 1.2',
    )
  }
  if (modern.length === 0 && tlsMinVersion === 'TLSv1.3') {
    fail(
      `ciphers ${JSON.stringify(ciphers)} are of TLS 1.2, and tlsMinVersion is TLSv1.3: no client could connect`,
      'Leave --ciphers out: TLS 1.3 has good suites only, named TLS_…',
    )
  }
}

function checkContext(material: TlsMaterial, settings: ServerSettings): void {
  const { cert, key, ca } = material
  const { ciphers, tlsMinVersion, tlsMaxVersion } = settings
  checkVersions(settings)
  try {
    createSecureContext({
      ...{ cert, key, ca: ca ?? undefined, ciphers: ciphers ?? undefined },
      ...{ minVersion: tlsMinVersion, maxVersion: tlsMaxVersion },
    })
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (/CIPHER/i.test(code)) {
      fail(
        `ciphers: OpenSSL knows none of ${JSON.stringify(ciphers)}`,
        'List what there is with: openssl ciphers',
      )
    }
    fail(`The certificate cannot be used: ${message}`)
  }
}

function checkKey(key: string, path: string, inCertfile: boolean): void {
  if (ENCRYPTED_KEY.test(key)) {
    fail(
      `The key in ${path} is encrypted, and there is nobody to ask for the password`,
      `Decrypt it with: openssl pkey -in ${path} -out decrypted.pem`,
    )
  }
  if (!KEY.test(key)) {
    const missing = inCertfile
      ? 'Name the file of the key with --keyfile'
      : 'Are certfile and keyfile swapped?'
    fail(`There is no private key in ${path}`, missing)
  }
  try {
    createPrivateKey(key)
  } catch (error) {
    fail(`The key in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parseCertificate(cert: string, path: string): X509Certificate {
  try {
    return new X509Certificate(cert)
  } catch (error) {
    return fail(`The certificate in ${path} cannot be read: ${(error as Error).message}`)
  }
}

function read(cwd: string, setting: string, path: string): string {
  try {
    return readFileSync(resolve(cwd, path), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : (code ?? String(error))
    return fail(`Cannot read ${setting} ${path}: ${why}`, `Check the path given with --${flagOf(setting)}`)
  }
}

function flagOf(setting: string): string {
  return setting === 'caCerts' ? 'ca-certs' : setting
}

function fail(message: string, ...suggestions: string[]): never {
  throw new ServerError(message, { code: 'TUNE_E_TLS', exit: SERVER_EXIT.usage, suggestions })
}
