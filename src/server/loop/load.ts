import { loadApp, type LoadedApp } from '../app/index.js'
import type { BindAddress } from '../bind.js'
import { isIPv6 } from 'node:net'
import type { AppRef } from '../protocol.js'

/** Loads this loop's own copy of the app. A module that listens itself is told the server's first address. */
export function loadForLoop(app: AppRef, addresses: readonly BindAddress[]): Promise<LoadedApp> {
  const [first] = addresses
  return loadApp(app, { address: () => reported(first) })
}

function reported(
  address: BindAddress | undefined,
): { address: string; family: string; port: number } | string | null {
  if (address === undefined) return null
  if ('socketPath' in address) return address.socketPath
  return { address: address.host, family: isIPv6(address.host) ? 'IPv6' : 'IPv4', port: address.port }
}
