import { ServerError, SERVER_EXIT } from './errors.js'
import { checkReportDir } from './hang/report-dir.js'
import type { ServerHooks } from './hooks.js'
import { checkSettings, type ServerSettings } from './settings.js'

/** What a reload may change, and what comes back when it is given up. */
export interface Held {
  settings: ServerSettings
  hooks: ServerHooks
}

export type Reread = () => Promise<{
  settings: Partial<ServerSettings> & { app: string }
  hooks: ServerHooks
}>

/** What belongs to the arbiter's own process and its sockets: a new server has to be started for these. */
const FIXED = [
  'app',
  'cwd',
  'bind',
  'backlog',
  'pidfile',
  'umask',
  'user',
  'group',
  'errorLog',
  'controlSocket',
  'controlSocketMode',
  'metricsBind',
  'proxyProtocol',
] as const

/**
 * What holds after a reload: read again if somebody can, and checked like the first time.
 *
 * @throws {ServerError} when they cannot be used or change what a reload cannot change; the old ones then stay.
 */
export async function checkReload(held: Held, reread: Reread | undefined): Promise<Held> {
  if (reread === undefined) return held
  const current = held.settings
  const { settings, hooks } = await inTime(reread(), current.bootTimeoutSeconds)
  const next = checkSettings(settings)
  checkReportDir(next.reportDir, next.cwd)
  const changed: string[] = FIXED.filter(
    (name) => JSON.stringify(next[name]) !== JSON.stringify(current[name]),
  )
  // Another certificate may come, but clients who expect TLS cannot be served without it, nor the other way round.
  if ((next.certfile === null) !== (current.certfile === null)) changed.push('certfile')
  if (changed.length === 0) return { settings: next, hooks }
  throw new ServerError(`${changed.join(', ')} cannot change in a reload`, {
    code: 'TUNE_E_SETTING',
    exit: SERVER_EXIT.usage,
    suggestions: ['Stop the server and start it with the new settings'],
  })
}

/** The config file may wait for something that does not come. No later reload would ever begin. */
async function inTime<Value>(work: Promise<Value>, limitSeconds: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new ServerError(`The configuration was not read within ${limitSeconds} s`, {
      code: 'TUNE_E_RELOAD',
      exit: SERVER_EXIT.usage,
      suggestions: [
        'The config file may wait for something at its top level',
        'Or give it more time with --boot-timeout',
      ],
    })
    timer = setTimeout(() => reject(error), limitSeconds * 1000)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
