import type { ServeValues } from './serve-config.js'

/** The values under the names that the server uses, which say the unit. `chdir` is left to whoever knows where it starts. */
export function serverNames(values: ServeValues) {
  const { bind, workerClass, threads, workerConnections, backlog, logLevel } = values
  const { maxRequests, maxRequestsJitter, limitRequestFields, restartBudget, procName } = values
  const { pidfile, umask, user, group, reportDir, metricsBind, accessLog, accessLogFormat, env } = values
  const { certfile, keyfile, caCerts, certReqs, tlsMinVersion, tlsMaxVersion, ciphers } = values
  const { forwardedAllowIps, secureSchemeHeaders, proxyProtocol, proxyAllowIps } = values
  return {
    ...{ certfile, keyfile, caCerts, certReqs, tlsMinVersion, tlsMaxVersion, ciphers },
    ...{ forwardedAllowIps, secureSchemeHeaders, proxyProtocol, proxyAllowIps },
    ...{ bind, workerClass, threads, workerConnections, backlog, logLevel },
    ...{ maxRequests, maxRequestsJitter, limitRequestFields, restartBudget, procName },
    restartWindowSeconds: values.restartWindow,
    ...{ pidfile, umask, user, group, reportDir, metricsBind, accessLog, accessLogFormat, env },
    controlSocket: values.controlSocketDisable ? null : values.controlSocket,
    controlSocketMode: values.controlSocketMode,
    hangStack: values.hangStack,
    errorLog: values.errorLog,
    timeoutSeconds: values.timeout,
    requestTimeoutSeconds: values.requestTimeout,
    gracefulTimeoutSeconds: values.gracefulTimeout,
    bootTimeoutSeconds: values.bootTimeout,
    keepAliveSeconds: values.keepAlive,
    headerTimeoutSeconds: values.headerTimeout,
    bodyTimeoutSeconds: values.bodyTimeout,
    limitRequestLineBytes: values.limitRequestLine,
    limitRequestFieldBytes: values.limitRequestFieldSize,
    maxMemoryBytes: values.maxMemory,
    maxLifetimeSeconds: values.maxLifetime,
  }
}
