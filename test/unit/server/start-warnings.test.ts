import { describe, expect, it } from 'vitest'
import { parseBind } from '../../../src/server/bind.js'
import { checkSettings, type ServerSettings } from '../../../src/server/settings.js'
import { startWarnings } from '../../../src/server/start-warnings.js'

function warned(settings: Partial<ServerSettings>): string {
  const checked = checkSettings({ app: 'a.js', workerClass: 'async', ...settings })
  return startWarnings(checked, checked.bind.map(parseBind)).join('\n')
}

describe('startWarnings', () => {
  it.each<[Partial<ServerSettings>, boolean]>([
    [{}, false],
    [{ bind: ['unix:/a.sock'] }, true],
    [{ bind: ['unix:/a.sock'], keepAliveSeconds: 60 }, true],
    [{ bind: ['unix:/a.sock'], keepAliveSeconds: 61 }, false],
    [{ bind: ['unix:/a.sock'], workerClass: 'sync' }, false],
    [{ forwardedAllowIps: ['10.0.0.0/8'] }, true],
    [{ forwardedAllowIps: ['10.0.0.0/8'], keepAliveSeconds: 75 }, false],
  ])('%j: warns of --keep-alive: %s', (settings, warns) => {
    expect(warned(settings).includes('--keep-alive')).toBe(warns)
  })

  it.each([
    ['ctl', 0o660, false],
    ['ctl', 0o666, true],
    [null, 0o666, false],
  ])('control socket %s with mode %d: warns: %s', (controlSocket, controlSocketMode, warns) => {
    expect(warned({ controlSocket, controlSocketMode }).includes('--control-socket-mode')).toBe(warns)
  })

  it('warns of believing everybody, except on a unix socket', () => {
    expect(warned({ forwardedAllowIps: ['*'] })).toContain('--forwarded-allow-ips *')
    expect(warned({ forwardedAllowIps: ['*'], bind: ['unix:/a.sock'] })).not.toContain(
      '--forwarded-allow-ips',
    )
  })
})
