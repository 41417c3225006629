import { describe, expect, it } from 'vitest'
import { takeInherited, withInherited } from '../../../src/server/inherited.js'
import { zombiesOf } from '../../../src/server/native/reaper.js'
import { addressIn } from '../../../src/server/native/sockets.js'
import { Orphans } from '../../../src/server/orphans.js'
import { Supervisor } from '../../../src/server/supervisor.js'

describe('takeInherited', () => {
  it('takes the sockets of systemd that are meant for this process, and clears the variables', () => {
    const env = { LISTEN_FDS: '2', LISTEN_PID: '77', LISTEN_FDNAMES: 'a:b', OTHER: 'x' }
    expect(takeInherited(env, 77)).toEqual({
      sockets: [
        { bind: 'fd://3', fd: 3 },
        { bind: 'fd://4', fd: 4 },
      ],
      activated: true,
      predecessorPid: null,
    })
    expect(env).toEqual({ OTHER: 'x' })
  })

  it.each([
    { LISTEN_FDS: '2', LISTEN_PID: '78' },
    { LISTEN_FDS: '2' },
    { LISTEN_FDS: '0', LISTEN_PID: '77' },
    { LISTEN_FDS: 'x', LISTEN_PID: '77' },
    {},
  ])('takes nothing from %j', (env) => {
    expect(takeInherited(env, 77)).toEqual({ sockets: [], activated: false, predecessorPid: null })
  })

  it('takes what an upgrade hands over before what systemd gave', () => {
    const handed = { sockets: [{ bind: 'a:1', fd: 3 }], activated: false, predecessorPid: 5 }
    const env = { TUNE_INHERITED: JSON.stringify(handed), LISTEN_FDS: '1', LISTEN_PID: '77' }
    expect(takeInherited(env, 77)).toEqual(handed)
    expect(env).toEqual({})
  })
})

describe('withInherited', () => {
  it('finds the socket of each address, also of one that is there twice', () => {
    const sockets = [
      { bind: 'h:0', fd: 3 },
      { bind: 'h:0', fd: 4 },
    ]
    const inherited = { sockets, activated: false, predecessorPid: 5 }
    expect(withInherited(['h:0', 'new:1', 'h:0'], inherited)).toEqual([
      { bind: 'h:0', fd: 3 },
      { bind: 'new:1', fd: null },
      { bind: 'h:0', fd: 4 },
    ])
    expect(withInherited(['other:1'], { ...inherited, activated: true })).toEqual(sockets)
  })
})

describe.skipIf(process.platform !== 'linux')('addressIn (layout of Linux)', () => {
  it.each([
    ['02001f907f000001', { host: '127.0.0.1', port: 8080 }],
    ['0a001f900000000000000000000000000000000000000001', { host: '::1', port: 8080 }],
    ['01002f746d702f6100', { socketPath: '/tmp/a' }],
    ['0100006162', { socketPath: '@ab' }],
    ['1000', null],
  ])('%s', (hex, expected) => {
    expect(addressIn(Buffer.from(hex, 'hex'))).toEqual(expected)
  })
})

describe('Supervisor', () => {
  function supervisor(env: NodeJS.ProcessEnv) {
    const sent: string[] = []
    const native = { sendDatagram: (path: string, text: string) => sent.push(`${path}: ${text}`) > 0 }
    return { sent, it: new Supervisor(env, 77, native) }
  }

  it('says nothing where nobody listens', () => {
    const { sent, it: silent } = supervisor({ WATCHDOG_USEC: '1000000' })
    silent.ready('x')
    silent.turned(0)
    expect(sent).toEqual([])
    expect(silent.beatEveryMs).toBe(Infinity)
  })

  it.each([
    [{ NOTIFY_SOCKET: '/n' }, true],
    [{ NOTIFY_SOCKET: '' }, false],
    [{}, false],
  ])('knows that %j cannot be answered without native calls: %s', (env, expected) => {
    expect(new Supervisor({ ...env }, 77, null).isMute).toBe(expected)
    expect(supervisor({ ...env }).it.isMute).toBe(false)
  })

  it('beats well within the limit, and only when the limit is for this process', () => {
    const env = { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '77' }
    const { sent, it: watched } = supervisor(env)
    for (const nowMs of [0, 100, 249, 250, 400, 500]) watched.turned(nowMs)
    expect(sent).toEqual(['/n: WATCHDOG=1', '/n: WATCHDOG=1', '/n: WATCHDOG=1'])
    expect(env).toEqual({})
    expect(watched.environment).toEqual({ NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '1000000' })
    const other = supervisor({ NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '78' })
    expect(other.it.beatEveryMs).toBe(Infinity)
  })
})

describe('Supervisor, when the reader is slow', () => {
  function slow() {
    const sent: string[] = []
    const reader = { isFull: true }
    const native = {
      sendDatagram: (_: string, text: string) => {
        if (!reader.isFull) sent.push(text)
        return !reader.isFull
      },
    }
    return { sent, reader, it: new Supervisor({ NOTIFY_SOCKET: '/n' }, 77, native) }
  }

  it('keeps what could not be sent, in its order, until it can be', () => {
    const { sent, reader, it: patient } = slow()
    patient.ready('2 workers serve')
    patient.turned(0)
    patient.reloading(5n)
    expect(sent).toEqual([])
    reader.isFull = false
    patient.turned(500)
    expect(sent).toEqual([
      'READY=1\nSTATUS=2 workers serve',
      'RELOADING=1\nMONOTONIC_USEC=5\nSTATUS=Reloading',
    ])
    patient.status('1 of 2 workers serve')
    patient.turned(1000)
    expect(sent.slice(2)).toEqual(['STATUS=1 of 2 workers serve'])
  })

  it('gives up after a minute, and keeps no more than what the latest messages say', () => {
    const { sent, reader, it: patient } = slow()
    for (let count = 0; count < 20; count += 1) patient.status(`${count}`)
    reader.isFull = false
    patient.turned(0)
    expect(sent).toEqual(['12', '13', '14', '15', '16', '17', '18', '19'].map((text) => `STATUS=${text}`))
    reader.isFull = true
    patient.ready('late')
    for (let turn = 0; turn < 130; turn += 1) patient.turned(turn)
    reader.isFull = false
    patient.turned(200)
    expect(sent).toHaveLength(8)
  })
})

describe('orphans', () => {
  it('are told by parent and state, whatever their command is called', () => {
    const stats = ['5 (a) Z 1 9', '6 (b) S 1 9', '7 (c) Z 2 9', '8 (x) Z 1 (y) Z 1 9', '9 () Z 3 () R 1 9']
    expect(zombiesOf(1, stats)).toEqual([5, 8])
  })

  it('are reaped at the second look, when Node has had its turn', () => {
    const reaped: number[] = []
    let zombies = [5, 6]
    const orphans = new Orphans({ zombies: () => zombies, reap: (pid) => reaped.push(pid) })
    expect(orphans.turned(0)).toBe(0)
    zombies = [6, 7]
    expect(orphans.turned(500)).toBe(0)
    expect(orphans.turned(1000)).toBe(1)
    zombies = [7]
    expect(orphans.turned(2000)).toBe(1)
    expect(reaped).toEqual([6, 7])
  })
})
