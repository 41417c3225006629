import type { ServeKey } from './serve-config.js'
import { choice, text, texts, type ServeSetting } from './setting-kinds.js'

/** The part of the list that says who is at the other end of a connection, and how that is known. */
export const NETWORK_SETTINGS = {
  certfile: {
    flag: 'certfile',
    summary: "serve HTTPS with this certificate: the server's own first, then the chain",
    ...text('the path of a PEM file', '<path>'),
  },
  keyfile: {
    flag: 'keyfile',
    summary: "the certificate's key; without it certfile holds both",
    ...text('the path of a PEM file', '<path>'),
  },
  caCerts: {
    flag: 'ca-certs',
    summary: 'authorities that client certificates must come from',
    ...text('the path of a PEM file', '<path>'),
  },
  certReqs: {
    flag: 'cert-reqs',
    summary: 'client certificates: not asked for, asked for, or required in the handshake',
    ...choice(['none', 'optional', 'required']),
  },
  tlsMinVersion: {
    flag: 'tls-min-version',
    summary: 'oldest TLS version that is spoken',
    ...choice(['TLSv1.2', 'TLSv1.3']),
  },
  tlsMaxVersion: {
    flag: 'tls-max-version',
    summary: 'newest TLS version that is spoken',
    ...choice(['TLSv1.2', 'TLSv1.3']),
  },
  ciphers: {
    flag: 'ciphers',
    summary: "cipher suites in OpenSSL's notation; not set leaves the choice to Node",
    ...text("a list in OpenSSL's notation", '<list>'),
  },
  forwardedAllowIps: {
    flag: 'forwarded-allow-ips',
    summary: 'proxies whose X-Forwarded-* headers reach the app; from anybody else they are taken out',
    ...texts('addresses, networks such as 10.0.0.0/8, or *', '<ip>|<cidr>|*'),
  },
  secureSchemeHeaders: {
    flag: 'secure-scheme-headers',
    summary: 'header and value by which such a proxy says that the client came over TLS',
    ...texts('NAME=VALUE', 'NAME=VALUE'),
  },
  proxyProtocol: {
    flag: 'proxy-protocol',
    summary: 'every connection begins with a PROXY header of this version, or of either',
    ...choice(['off', 'v1', 'v2', 'auto']),
  },
  proxyAllowIps: {
    flag: 'proxy-allow-ips',
    summary: 'with proxy-protocol: who may connect at all',
    ...texts('addresses, networks such as 10.0.0.0/8, or *', '<ip>|<cidr>|*'),
  },
} satisfies Partial<Record<ServeKey, ServeSetting>>
