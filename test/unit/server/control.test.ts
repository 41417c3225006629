import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { prometheusText } from '../../../src/server/control/prometheus.js'
import { listenersIn, waitingIn } from '../../../src/server/listen-queue.js'
import { limitTooSmall, Retirement } from '../../../src/server/recycling.js'
import { times } from '../../helpers/server.js'

const LIMITS = { maxRequests: 0, maxRequestsJitter: 0, maxMemoryBytes: 0, maxLifetimeSeconds: 0 }
const young = { pid: 1, readyAtMs: 0, requests: 0 }

describe('Retirement', () => {
  it('comes after the requests plus the share of the jitter that was drawn', () => {
    const limits = { ...LIMITS, maxRequests: 100, maxRequestsJitter: 9 }
    const due = (draw: number, requests: number) =>
      new Retirement(limits, draw).due({ ...young, requests }, 0, () => null)
    expect([due(0, 99), due(0, 100)]).toEqual([null, 'answered 100 requests'])
    expect([due(0.999, 108), due(0.999, 109)]).toEqual([null, 'answered 109 requests'])
  })

  it('comes with age, up to a tenth later', () => {
    const due = (draw: number, nowMs: number) =>
      new Retirement({ ...LIMITS, maxLifetimeSeconds: 10 }, draw).due(young, nowMs, () => null)
    expect([due(0, 9999), due(0, 10_000)]).toEqual([null, 'lived 10 s'])
    expect([due(1, 10_999), due(1, 11_000)]).toEqual([null, 'lived 11 s'])
  })

  it('comes with memory only when three looks in a row agree', () => {
    const retirement = new Retirement({ ...LIMITS, maxMemoryBytes: 2 ** 20 }, 0)
    const looks = [3, 3, 1, 3, 3, 3].map((mib, second) =>
      retirement.due({ ...young, requests: 1 }, second * 1000, () => mib * 2 ** 20),
    )
    expect(looks.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => null))
    expect(looks[5]).toBe('holds 3 MiB, more than 1 MiB')
  })

  it('comes with no memory that was there before the first request, only with twice as much', () => {
    const retirement = new Retirement({ ...LIMITS, maxMemoryBytes: 2 * 2 ** 20 }, 0)
    let second = 0
    const look = (requests: number, mib: number) =>
      retirement.due({ ...young, requests }, second++ * 1000, () => mib * 2 ** 20)
    expect([look(0, 3), look(0, 3)]).toEqual([null, null])
    expect(retirement.overFromStart).toBeNull()
    expect([look(0, 3), look(1, 4), look(1, 5)]).toEqual([null, null, null])
    const over = retirement.overFromStart!
    expect(over).toEqual({
      limitBytes: 2 * 2 ** 20,
      beganWithBytes: 3 * 2 ** 20,
      replacedAtBytes: 6 * 2 ** 20,
    })
    expect(limitTooSmall(7, over)).toBe(
      '--max-memory 2 MiB is less than a fresh worker takes (pid:7 held 3 MiB before it had answered anything): ' +
        'such a worker is replaced only from 6 MiB. Set --max-memory well above 3 MiB, or to 0',
    )
    expect(look(1, 6)).toBe('holds 6 MiB, more than 2 MiB')
  })

  it('comes with memory that has grown since a look, whether or not anything was answered', () => {
    const retirement = new Retirement({ ...LIMITS, maxMemoryBytes: 2 * 2 ** 20 }, 0)
    const looks = [1, 3, 3, 3].map((mib, second) =>
      retirement.due({ ...young, requests: 0 }, second * 1000, () => mib * 2 ** 20),
    )
    expect(looks).toEqual([null, null, null, 'holds 3 MiB, more than 2 MiB'])
    expect(retirement.overFromStart).toBeNull()
  })

  it('takes a worker that was over its limit until the first garbage collection for one that fits', () => {
    const retirement = new Retirement({ ...LIMITS, maxMemoryBytes: 2 * 2 ** 20 }, 0)
    const looks = [3, 1, 3, 3, 3].map((mib, second) =>
      retirement.due({ ...young, requests: second }, second * 1000, () => mib * 2 ** 20),
    )
    expect(looks).toEqual([null, null, null, null, 'holds 3 MiB, more than 2 MiB'])
  })

  it('never comes for a worker that is not ready, or without limits', () => {
    const old = { pid: 1, readyAtMs: null, requests: 1e9 }
    expect(new Retirement({ ...LIMITS, maxRequests: 1 }, 0).due(old, 1e12, () => 1e12)).toBeNull()
    expect(new Retirement(LIMITS, 0).due({ ...old, readyAtMs: 0 }, 1e12, () => 1e12)).toBeNull()
  })
})

describe('listenersIn', () => {
  it('reads no further than there are listeners, however many connections follow', () => {
    const row = (slot: number, port: number, state: string) =>
      `${String(slot).padStart(4)}: 0100007F:${port.toString(16).toUpperCase()} 00000000:0000 ${state} 00000000:00000003 00:00000000 00000000     0        0 1072 1\n`
    const path = join(mkdtempSync(join(tmpdir(), 'tune-tcp-')), 'tcp')
    const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n'
    const listening = times(400, (index) => row(index, 8000 + index, '0A')).join('')
    writeFileSync(path, heading + listening + times(10_000, (index) => row(index, 9000, '06')).join(''))
    const read = listenersIn(path)
    rmSync(dirname(path), { recursive: true })
    expect(waitingIn(read, 8399)).toBe(3)
    expect(read.length).toBeLessThan(2 * listening.length)
  })
})

describe('waitingIn', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr
   0: 0100007F:1F40 0100007F:9000 01 00000000:00000009 00
   1: 0100007F:1F40 00000000:0000 0A 00000000:0000001F 00`

  it('reads the queue of the listening socket, not of a connection', () => {
    expect(waitingIn(table, 8000)).toBe(31)
    expect(waitingIn(table, 8001)).toBeNull()
  })
})

describe('prometheusText', () => {
  const text = prometheusText({
    arbiter: { pid: 1 },
    restarts: 2,
    restartReasons: { crash: 2 },
    recycled: 0,
    tls: { expiresAt: 2e12, fingerprint: 'AA' },
    restartBudgetLeft: 20,
    target: 1,
    queues: [
      { address: 'unix:/a"b', waiting: null },
      { address: 'http://a:1', waiting: 4 },
    ],
    workers: [],
  })

  it('gives every metric help and type once', () => {
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(new Set(names).size).toBe(names.length)
    expect([...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name)).toEqual(names)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('shows zeros and leaves out what is not known', () => {
    expect(text).toContain('tune_worker_restarts_total{reason="crash"} 2\n')
    expect(text).toContain('tune_worker_restarts_total{reason="timeout"} 0\n')
    expect(text).toContain('tune_listen_queue{address="http://a:1"} 4\n')
    expect(text).not.toContain('unix:')
    expect(text).toContain('tune_restart_budget_left 20\n')
  })
})
