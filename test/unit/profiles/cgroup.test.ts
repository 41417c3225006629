import { describe, expect, it } from 'vitest'
import { readCgroups } from '../../../src/profiles/machine/cgroup.js'
import { CGROUP1_MOUNTS, CGROUP2_MOUNT, treeOf } from '../../helpers/machine-tree.js'

const MIB = 1024 ** 2
const ROOT = '/sys/fs/cgroup'
const UNLIMITED = '9223372036854771712\n'

/** Files of one cgroup under a common prefix. */
function at(directory: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]))
}

describe('version 2', () => {
  const tree = {
    '/proc/self/mountinfo': CGROUP2_MOUNT,
    '/proc/self/cgroup': '0::/kube.slice/pod1/app\n',
    ...at(ROOT, { 'cgroup.controllers': 'cpuset cpu io memory pids\n', 'cpuset.cpus.effective': '0-7\n' }),
    ...at(`${ROOT}/kube.slice`, { 'cpu.max': 'max 100000\n', 'memory.max': 'max\n', 'memory.high': 'max\n' }),
    ...at(`${ROOT}/kube.slice/pod1`, {
      'cpu.max': '150000 100000\n',
      'memory.max': `${512 * MIB}\n`,
      'memory.high': `${400 * MIB}\n`,
      'memory.current': `${300 * MIB}\n`,
      'memory.stat': `anon 1\ninactive_file ${100 * MIB}\n`,
    }),
    ...at(`${ROOT}/kube.slice/pod1/app`, {
      'cpu.max': '400000 100000\n',
      'cpuset.cpus.effective': '0-3\n',
      'memory.max': `${1024 * MIB}\n`,
      'memory.high': 'max\n',
      'memory.current': `${50 * MIB}\n`,
    }),
  }
  const found = readCgroups(treeOf(tree))

  it('takes the minimum over all ancestors and keeps the fraction', () => {
    expect(found.cpuQuota).toEqual({ value: 1.5, source: `${ROOT}/kube.slice/pod1/cpu.max` })
    expect(found.memoryLimit).toEqual({ value: 512 * MIB, source: `${ROOT}/kube.slice/pod1/memory.max` })
    expect(found.memoryHigh?.value).toBe(400 * MIB)
    expect(found.cpuset).toEqual({ value: 4, source: `${ROOT}/kube.slice/pod1/app/cpuset.cpus.effective` })
    expect(found.hidden).toEqual([])
  })

  it('reports use and headroom where the limit is, without the page cache that is given back', () => {
    expect(found.memoryUsed?.value).toBe(200 * MIB)
    expect(found.memoryHeadroom?.value).toBe(312 * MIB)
  })

  it('has no limit at the root of the hierarchy', () => {
    const root = readCgroups(
      treeOf({
        '/proc/self/mountinfo': CGROUP2_MOUNT,
        '/proc/self/cgroup': '0::/\n',
        ...at(ROOT, { 'cgroup.controllers': 'cpu memory cpuset\n', 'cpuset.cpus.effective': '0-7\n' }),
      }),
    )
    expect(root).toMatchObject({ cpuQuota: null, memoryLimit: null, memoryHeadroom: null, hidden: [] })
    expect(root.searched.cpu).toBe(`${ROOT} and above`)
  })

  it('reads the limit of a container at the root of its namespace', () => {
    const container = readCgroups(
      treeOf({
        '/proc/self/mountinfo': CGROUP2_MOUNT,
        '/proc/self/cgroup': '0::/\n',
        ...at(ROOT, { 'cgroup.controllers': 'cpu memory\n', 'cpu.max': '50000 100000\n' }),
      }),
    )
    expect(container.cpuQuota).toEqual({ value: 0.5, source: `${ROOT}/cpu.max` })
  })
})

describe('version 1', () => {
  const tree = {
    '/proc/self/mountinfo': CGROUP1_MOUNTS,
    '/proc/self/cgroup':
      '5:memory:/app/inner\n4:cpu,cpuacct:/app/inner\n3:cpuset:/pinned\n1:name=systemd:/app\n0::/\n',
    ...at(`${ROOT}/cpu,cpuacct`, { 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' }),
    ...at(`${ROOT}/cpu,cpuacct/app`, { 'cpu.cfs_quota_us': '70000\n', 'cpu.cfs_period_us': '100000\n' }),
    ...at(`${ROOT}/cpu,cpuacct/app/inner`, {
      'cpu.cfs_quota_us': '200000\n',
      'cpu.cfs_period_us': '50000\n',
    }),
    ...at(`${ROOT}/cpuset`, { 'cpuset.cpus': '0-7\n', 'cpuset.effective_cpus': '0-7\n' }),
    ...at(`${ROOT}/cpuset/pinned`, { 'cpuset.cpus': '\n', 'cpuset.effective_cpus': '2-3\n' }),
    ...at(`${ROOT}/memory`, { 'memory.limit_in_bytes': UNLIMITED }),
    ...at(`${ROOT}/memory/app`, {
      'memory.limit_in_bytes': `${256 * MIB}\n`,
      'memory.usage_in_bytes': `${100 * MIB}\n`,
      'memory.stat': `inactive_file 0\ntotal_inactive_file ${20 * MIB}\n`,
    }),
    ...at(`${ROOT}/memory/app/inner`, {
      'memory.limit_in_bytes': UNLIMITED,
      'memory.usage_in_bytes': `${10 * MIB}\n`,
      'memory.stat': `hierarchical_memory_limit ${256 * MIB}\n`,
    }),
  }

  it('takes the minimum over all ancestors, with shared hierarchies and an empty cpuset', () => {
    const found = readCgroups(treeOf(tree))
    expect(found.cpuQuota).toEqual({ value: 0.7, source: `${ROOT}/cpu,cpuacct/app/cpu.cfs_quota_us` })
    expect(found.cpuset).toEqual({ value: 2, source: `${ROOT}/cpuset/pinned/cpuset.effective_cpus` })
    expect(found.memoryLimit).toEqual({
      value: 256 * MIB,
      source: `${ROOT}/memory/app/memory.limit_in_bytes`,
    })
    expect(found.memoryUsed?.value).toBe(80 * MIB)
    expect(found.memoryHeadroom?.value).toBe(176 * MIB)
    expect(found.memoryHigh).toBeNull()
    expect(found.hidden).toEqual([])
  })

  it('sees a limit above the mount through hierarchical_memory_limit', () => {
    const found = readCgroups(
      treeOf({
        '/proc/self/mountinfo': '34 31 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n',
        '/proc/self/cgroup': '5:memory:/docker/abc\n',
        ...at(`${ROOT}/memory`, {
          'memory.limit_in_bytes': UNLIMITED,
          'memory.stat': `hierarchical_memory_limit ${128 * MIB}\n`,
        }),
      }),
    )
    expect(found.memoryLimit).toEqual({
      value: 128 * MIB,
      source: `${ROOT}/memory/memory.stat hierarchical_memory_limit`,
    })
  })
})

describe('hybrid', () => {
  const base = {
    '/proc/self/mountinfo': `${CGROUP1_MOUNTS}36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
    '/proc/self/cgroup': '4:cpu,cpuacct:/app\n0::/app\n',
    ...at(`${ROOT}/cpu,cpuacct`, { 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' }),
    ...at(`${ROOT}/cpu,cpuacct/app`, { 'cpu.cfs_quota_us': '150000\n', 'cpu.cfs_period_us': '100000\n' }),
  }
  it('reads each controller where it lives', () => {
    const found = readCgroups(
      treeOf({
        ...base,
        ...at(`${ROOT}/unified`, { 'cgroup.controllers': 'memory\n' }),
        ...at(`${ROOT}/unified/app`, { 'memory.max': `${64 * MIB}\n` }),
      }),
    )
    expect(found.cpuQuota?.value).toBe(1.5)
    expect(found.memoryLimit).toEqual({ value: 64 * MIB, source: `${ROOT}/unified/app/memory.max` })
    expect(found.searched.cpu).toBe(`${ROOT}/cpu,cpuacct/app and above`)
  })
  it('does not complain about a version 2 hierarchy without controllers', () => {
    const found = readCgroups(treeOf({ ...base, ...at(`${ROOT}/unified`, { 'cgroup.controllers': '\n' }) }))
    expect(found.cpuQuota?.value).toBe(1.5)
    expect(found.hidden).toEqual([])
  })
})

describe('containers', () => {
  const quota = { 'cpu.cfs_quota_us': '50000\n', 'cpu.cfs_period_us': '100000\n' }
  const mount = (root: string): string => `32 31 0:29 ${root} ${ROOT}/cpu ro - cgroup cgroup rw,cpu\n`
  const cpuOf = (root: string, path: string, files: Record<string, string>) =>
    readCgroups(
      treeOf({ '/proc/self/mountinfo': mount(root), '/proc/self/cgroup': `4:cpu:${path}\n`, ...files }),
    )

  it('knows the host path below the root of the mount (version 1 without a cgroup namespace)', () => {
    const found = cpuOf('/docker/abc', '/docker/abc/init.scope', {
      ...at(`${ROOT}/cpu`, quota),
      ...at(`${ROOT}/cpu/init.scope`, { 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' }),
    })
    expect(found.cpuQuota).toEqual({ value: 0.5, source: `${ROOT}/cpu/cpu.cfs_quota_us` })
    expect(found.searched.cpu).toBe(`${ROOT}/cpu/init.scope and above`)
    expect(found.hidden).toEqual([])
  })

  it('falls back to the mount point, and says so, when the path is nowhere below', () => {
    const found = cpuOf('/', '/kubepods/pod1/abc', at(`${ROOT}/cpu`, quota))
    expect(found.cpuQuota).toEqual({ value: 0.5, source: `${ROOT}/cpu/cpu.cfs_quota_us` })
    expect(found.hidden).toEqual([expect.stringContaining('/kubepods/pod1/abc is not visible')])
  })

  it('falls back to the longest tail of the path that exists', () => {
    const found = cpuOf('/', '/kubepods/pod1/abc/app', at(`${ROOT}/cpu/abc/app`, quota))
    expect(found.cpuQuota?.source).toBe(`${ROOT}/cpu/abc/app/cpu.cfs_quota_us`)
  })

  it('does not leave the mount through a path outside of the namespace', () => {
    const found = cpuOf('/', '/../sibling', {
      ...at(`${ROOT}/cpu`, { tasks: '' }),
      ...at(`${ROOT}/cpu/../sibling`, quota),
      ...at(`${ROOT}/cpu/sibling`, quota),
    })
    expect(found.cpuQuota).toBeNull()
    expect(found.hidden).toHaveLength(1)
  })

  it('does not guess below a mount that shows more than the namespace', () => {
    const found = cpuOf('/../..', '/', { ...at(`${ROOT}/cpu`, { tasks: '' }), ...at(`${ROOT}/cpu/a`, quota) })
    expect(found.cpuQuota).toBeNull()
    expect(found.hidden).toHaveLength(1)
  })

  it('prefers the mount that shows more ancestors', () => {
    const found = readCgroups(
      treeOf({
        '/proc/self/mountinfo': `${mount('/docker/abc')}50 31 0:29 / /host/cpu ro - cgroup cgroup rw,cpu\n`,
        '/proc/self/cgroup': '4:cpu:/docker/abc\n',
        ...at(`${ROOT}/cpu`, { 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' }),
        ...at('/host/cpu/docker', quota),
        ...at('/host/cpu/docker/abc', { 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' }),
      }),
    )
    expect(found.cpuQuota?.source).toBe('/host/cpu/docker/cpu.cfs_quota_us')
  })
})

describe('nothing to read', () => {
  it.each([
    ['an empty system', {}],
    ['garbage', { '/proc/self/mountinfo': '\u0000 - -\n', '/proc/self/cgroup': ':::\n' }],
    [
      'garbage in the limits',
      {
        '/proc/self/mountinfo': CGROUP2_MOUNT,
        '/proc/self/cgroup': '0::/a\n',
        ...at(`${ROOT}/a`, { 'cpu.max': 'x y\n', 'memory.max': 'lots\n', 'cpuset.cpus.effective': '\n' }),
      },
    ],
    ['a mount that is not there', { '/proc/self/mountinfo': CGROUP2_MOUNT, '/proc/self/cgroup': '0::/a\n' }],
  ])('%s has no limits', (_, tree) => {
    expect(readCgroups(treeOf(tree))).toMatchObject({
      cpuQuota: null,
      cpuset: null,
      memoryLimit: null,
      memoryHigh: null,
      memoryUsed: null,
      memoryHeadroom: null,
      hidden: [],
    })
  })
})
