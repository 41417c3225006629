import { describe, expect, it } from 'vitest'
import {
  parseCpuTimes,
  parseListenDrops,
  parsePressureTotal,
} from '../../../src/profiles/machine/parse-counters.js'
import { environmentReader } from '../../../src/profiles/machine/window.js'

const STAT = 'cpu  1000 0 500 8000 100 0 50 25 10 0\ncpu0 1 2 3 4\n'
const NETSTAT =
  'TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPx\nTcpExt: 0 2 3 9\nIpExt: a\nIpExt: 1\n'

describe('counters of the machine', () => {
  it('reads CPU time in seconds; idle and waiting are not busy', () => {
    expect(parseCpuTimes(STAT)).toEqual({ busySeconds: 15.5, stolenSeconds: 0.25, allSeconds: 96.75 })
    expect(parseCpuTimes('intr 1 2 3')).toBeNull()
  })

  it('reads pressure totals and listen drops', () => {
    expect(parsePressureTotal('some avg10=1.00 avg60=0 avg300=0 total=2500000\nfull avg10=0 total=9')).toBe(
      2.5,
    )
    expect(parsePressureTotal('')).toBeNull()
    expect(parseListenDrops(NETSTAT)).toBe(3)
    expect(parseListenDrops('IpExt: a\nIpExt: 1\n')).toBeNull()
  })

  it('finds the quotas of version 1 and 2 where the cgroups are', () => {
    const files: Record<string, string> = {
      '/proc/self/mountinfo': '1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n',
      '/proc/self/cgroup': '0::/app\n',
      '/sys/fs/cgroup/app/cpu.stat': 'usage_usec 5\nnr_periods 40\nnr_throttled 8\nthrottled_usec 1\n',
      '/sys/fs/cgroup/cpu.stat': 'usage_usec 5\n',
      '/proc/stat': STAT,
    }
    const read = environmentReader({
      read: (path) => files[path] ?? null,
      isDirectory: (path) => path === '/sys/fs/cgroup' || path === '/sys/fs/cgroup/app',
    })
    const counters = read()
    expect(counters.throttling).toEqual([{ periods: 40, throttled: 8 }])
    expect(counters.cpu?.busySeconds).toBe(15.5)
    expect(counters.listenDrops).toBeNull()
    files['/sys/fs/cgroup/app/cpu.stat'] = 'nr_periods 50\nnr_throttled 9\n'
    expect(read().throttling).toEqual([{ periods: 50, throttled: 9 }])
  })

  it('grows on this machine', () => {
    const read = environmentReader()
    const before = read()
    for (let spin = performance.now(); performance.now() - spin < 60;);
    const after = read()
    expect(after.ownCpuSeconds).toBeGreaterThan(before.ownCpuSeconds)
    expect(after.atMs).toBeGreaterThan(before.atMs)
    if (process.platform === 'linux') {
      expect(after.cpu!.allSeconds).toBeGreaterThan(before.cpu!.allSeconds)
    }
  })
})
