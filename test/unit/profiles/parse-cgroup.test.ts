import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseByteLimit,
  parseCfsQuota,
  parseCpuMax,
  parseMemberships,
  parseMountinfo,
  parseStat,
} from '../../../src/profiles/machine/parse-cgroup.js'
import { CGROUP1_MOUNTS, CGROUP2_MOUNT } from '../../helpers/machine-tree.js'

describe('parseMountinfo', () => {
  it('finds version 2', () => {
    expect(parseMountinfo(CGROUP2_MOUNT)).toEqual([
      { version: 2, root: '/', mountPoint: '/sys/fs/cgroup', controllers: [] },
    ])
  })

  it('finds the controllers of version 1 among the options of the hierarchy', () => {
    const mounts = parseMountinfo(CGROUP1_MOUNTS)
    expect(mounts.map(({ mountPoint }) => mountPoint)).toEqual([
      '/sys/fs/cgroup/cpu,cpuacct',
      '/sys/fs/cgroup/cpuset',
      '/sys/fs/cgroup/memory',
      '/sys/fs/cgroup/systemd',
    ])
    expect(mounts[0]?.controllers).toEqual(expect.arrayContaining(['cpu', 'cpuacct']))
    expect(mounts[3]?.controllers).not.toContain('cpu')
  })

  it('copes with any number of optional fields and with escaped spaces', () => {
    const none = String.raw`1 2 0:3 /a\040b /mnt/with\040space\134 rw - cgroup2 none rw`
    const two = '1 2 0:3 / /b rw shared:1 master:2 - cgroup2 none rw'
    expect(parseMountinfo(`${none}\n${two}`)).toEqual([
      { version: 2, root: '/a b', mountPoint: '/mnt/with space\\', controllers: [] },
      { version: 2, root: '/', mountPoint: '/b', controllers: [] },
    ])
  })

  it('forgets a mount that a later one hides', () => {
    const later = '40 23 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n'
    expect(parseMountinfo(CGROUP2_MOUNT + later)).toEqual([])
    expect(parseMountinfo(later + CGROUP2_MOUNT)).toHaveLength(1)
  })

  it('survives any text', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseMountinfo(text))))
    expect(parseMountinfo('garbage\n - \n1 2 3 - cgroup2\n')).toEqual([])
  })
})

describe('parseMemberships', () => {
  it('reads both versions, and paths with colons', () => {
    expect(parseMemberships('4:cpu,cpuacct:/docker/a:b\n1:name=systemd:/\n0::/user.slice\n')).toEqual([
      { controllers: ['cpu', 'cpuacct'], path: '/docker/a:b' },
      { controllers: ['name=systemd'], path: '/' },
      { controllers: [], path: '/user.slice' },
    ])
  })
  it('leaves out what is no line of the file', () => {
    expect(parseMemberships('')).toEqual([])
    expect(parseMemberships('x:cpu:/a\n3:cpu\n3:cpu:relative\n')).toEqual([])
  })
})

describe('CPU quota', () => {
  it.each([
    ['max 100000\n', null],
    ['50000 100000\n', 0.5],
    ['150000 100000', 1.5],
    ['25000 10000', 2.5],
    ['200000', 2],
    ['', null],
    ['garbage here', null],
    ['0 100000', null],
    ['100000 0', null],
    ['-1 100000', null],
  ])('cpu.max %j is %s CPUs', (text, cpus) => expect(parseCpuMax(text)).toBe(cpus))

  it.each([
    ['-1\n', '100000\n', null],
    ['50000\n', '100000\n', 0.5],
    ['33000', '10000', 3.3],
    ['50000', '', null],
    ['', '100000', null],
    ['50000', '0', null],
  ])('cfs quota %j of period %j is %s CPUs', (quota, period, cpus) =>
    expect(parseCfsQuota(quota, period)).toBe(cpus),
  )

  it('keeps every fraction', () => {
    const microseconds = fc.integer({ min: 1000, max: 1_000_000 })
    fc.assert(
      fc.property(microseconds, microseconds, (quota, period) => {
        expect(parseCpuMax(`${quota} ${period}`)).toBe(quota / period)
        expect(parseCfsQuota(String(quota), String(period))).toBe(quota / period)
      }),
    )
  })
})

describe('parseByteLimit', () => {
  it.each([
    ['268435456\n', 268_435_456],
    ['max\n', null],
    // "No limit" of version 1 with pages of 4 KiB and of 64 KiB.
    ['9223372036854771712\n', null],
    ['9223372036854710272', null],
    ['-1', null],
    ['0', null],
    ['', null],
    ['256M', null],
  ])('%j is %s bytes', (text, bytes) => expect(parseByteLimit(text)).toBe(bytes))
})

describe('parseStat', () => {
  const stat = 'cache 1\ninactive_file 300\ntotal_inactive_file 400\nbroken x\n'
  it('takes the whole name', () => {
    expect(parseStat(stat, 'inactive_file')).toBe(300)
    expect(parseStat(stat, 'total_inactive_file')).toBe(400)
    expect(parseStat(stat, 'file')).toBeNull()
    expect(parseStat(stat, 'broken')).toBeNull()
  })
})
