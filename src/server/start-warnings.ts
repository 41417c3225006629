import type { BindAddress } from './bind.js'
import { NETWORK_DEFAULTS } from './network-settings.js'
import type { ServerSettings } from './settings.js'

/** nginx and most load balancers keep idle connections to the server for this long. */
const PROXIES_KEEP_SECONDS = 60

/**
 * What can be known to go wrong later, one sentence each.
 *
 * @param addresses where the server really listens: a supervisor may have chosen.
 */
export function startWarnings(settings: ServerSettings, addresses: readonly BindAddress[]): string[] {
  const { forwardedAllowIps, keepAliveSeconds, workerClass } = settings
  const onSocketFile = addresses.some((address) => 'socketPath' in address)
  const proxyNamed = String(forwardedAllowIps) !== String(NETWORK_DEFAULTS.forwardedAllowIps)
  const warnings: string[] = []
  if (workerClass !== 'sync' && (onSocketFile || proxyNamed) && keepAliveSeconds <= PROXIES_KEEP_SECONDS) {
    warnings.push(
      `--keep-alive ${keepAliveSeconds} closes idle connections before a proxy in front does, which keeps them for ${PROXIES_KEEP_SECONDS} s as a rule: ` +
        'a request may meet a closed connection (502). Set it above the idle timeout of the proxy, for example 75',
    )
  }
  if (forwardedAllowIps.includes('*') && !onSocketFile) {
    warnings.push(
      '--forwarded-allow-ips * believes what anybody says of his address and scheme. Make sure that only the proxy can connect',
    )
  }
  if (settings.controlSocket !== null && (settings.controlSocketMode & 0o002) !== 0) {
    warnings.push(
      '--control-socket-mode lets everybody on this machine stop the server. 0660 lets the group of the socket in',
    )
  }
  return warnings
}
