import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectMachine, seesLimitsOf } from '../../../src/profiles/machine/index.js'
import type { DetectOptions } from '../../../src/profiles/machine/index.js'
import type { Machine } from '../../../src/result/machine.js'
import { machineSchema } from '../../../src/result/machine.js'
import { CGROUP2_MOUNT, hostOf, treeOf } from '../../helpers/machine-tree.js'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

/** 8 logical CPUs, 16 GiB, no limits, nothing running. */
const bare = {
  '/sys/devices/system/cpu/online': '0-7\n',
  '/proc/self/status': 'Cpus_allowed_list:\t0-7\n',
  '/proc/meminfo': `MemTotal: ${16 * 1024 ** 2} kB\nMemAvailable: ${12 * 1024 ** 2} kB\n`,
  '/proc/self/limits': 'Max open files            65536                65536                files     \n',
  '/proc/sys/net/core/somaxconn': '4096\n',
  '/proc/pressure/cpu': 'some avg10=0.50 avg60=0.00 avg300=0.00 total=0\n',
}

function cgroup2(files: Record<string, string>): Record<string, string> {
  const own = Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/app/${name}`, text])
  return {
    '/proc/self/mountinfo': CGROUP2_MOUNT,
    '/proc/self/cgroup': '0::/app\n',
    '/sys/fs/cgroup/app/cgroup.procs': '1\n',
    ...Object.fromEntries(own),
  }
}

function detect(tree: Record<string, string>, options: DetectOptions = {}): Promise<Machine> {
  return detectMachine({ files: treeOf({ ...bare, ...tree }), host: hostOf(), ...options })
}

function factOf(machine: Machine, id: string): Machine['facts'][number] | undefined {
  return machine.facts.find((fact) => fact.id === id)
}

describe('detectMachine', () => {
  it('describes a machine without limits, and finds nothing to warn about', async () => {
    const machine = await detect({})
    expect(machineSchema.parse(machine)).toEqual(machine)
    expect(machine).toMatchObject({
      effectiveCpus: 8,
      effectiveCpusSource: 'affinity, /proc/self/status',
      memoryLimitBytes: 16 * GIB,
      memoryLimitSource: 'total memory, /proc/meminfo',
      memoryAvailableBytes: 12 * GIB,
      openFilesLimit: 65_536,
      somaxconn: 4096,
      cpuModel: 'Fixture CPU 3000',
      warnings: [],
    })
    expect(factOf(machine, 'cpu.physical')).toMatchObject({ value: 4, source: 'systeminformation cpu()' })
    expect(factOf(machine, 'cpu.quota')).toMatchObject({ value: null, source: 'no cgroup mounted' })
  })

  it.each([
    ['affinity', { '/proc/self/status': 'Cpus_allowed_list:\t1,3\n' }, 2],
    ['cpuset', cgroup2({ 'cpuset.cpus.effective': '0-4\n' }), 5],
    ['cgroup CPU quota', cgroup2({ 'cpu.max': '250000 100000\n' }), 2.5],
  ])('takes the smallest: %s', async (name, tree, cpus) => {
    const machine = await detect(tree)
    expect(machine.effectiveCpus).toBe(cpus)
    expect(machine.effectiveCpusSource).toMatch(new RegExp(`^${name}, /`))
  })

  it('reads another process: its affinity and its cgroup, below the mounts of this one', async () => {
    const tree = {
      ...cgroup2({ 'cpu.max': '100000 100000\n' }),
      '/proc/4711/status': 'Cpus_allowed_list:\t0-5\n',
      '/proc/4711/cgroup': '0::/server\n',
      '/sys/fs/cgroup/server/cgroup.procs': '4711\n',
      '/sys/fs/cgroup/server/memory.max': `${512 * MIB}\n`,
    }
    const server = await detect(tree, { process: 4711 })
    expect(server).toMatchObject({
      effectiveCpus: 6,
      effectiveCpusSource: 'affinity, /proc/4711/status',
      memoryLimitBytes: 512 * MIB,
    })
    expect((await detect(tree)).effectiveCpus).toBe(1)
    expect(seesLimitsOf(4711, treeOf(tree))).toBe(true)
  })

  it('knows when the limits of another process are out of sight', () => {
    const tree = cgroup2({ 'cpu.max': '100000 100000\n' })
    expect(seesLimitsOf(4711, treeOf(tree))).toBe(false)
    const beside = { ...tree, '/proc/4711/cgroup': '0::/../another-container\n' }
    expect(seesLimitsOf(4711, treeOf(beside))).toBe(false)
    // In the same container the limits are the same, whatever can be seen of them.
    const same = { ...tree, '/proc/self/cgroup': '0::/hidden\n', '/proc/4711/cgroup': '0::/hidden\n' }
    expect(seesLimitsOf(4711, treeOf(same))).toBe(true)
  })

  it('does not count a quota above the CPUs that are there', async () => {
    const machine = await detect(cgroup2({ 'cpu.max': '6400000 100000\n' }))
    expect(machine.effectiveCpus).toBe(8)
    expect(factOf(machine, 'cpu.quota')?.value).toBe(64)
  })

  it('is the minimum of everything that is known', async () => {
    const cpus = fc.integer({ min: 1, max: 64 })
    const quota = fc.integer({ min: 1000, max: 9_000_000 })
    await fc.assert(
      fc.asyncProperty(cpus, cpus, cpus, quota, async (logical, affinity, cpuset, microseconds) => {
        const machine = await detect({
          '/sys/devices/system/cpu/online': `0-${logical - 1}\n`,
          '/proc/self/status': `Cpus_allowed_list:\t0-${affinity - 1}\n`,
          ...cgroup2({ 'cpuset.cpus.effective': `0-${cpuset - 1}`, 'cpu.max': `${microseconds} 100000` }),
        })
        expect(machine.effectiveCpus).toBe(Math.min(logical, affinity, cpuset, microseconds / 100_000))
      }),
    )
  })

  it('limits available memory to what is left below the cgroup limit', async () => {
    const machine = await detect(
      cgroup2({
        'memory.max': `${1024 * MIB}\n`,
        'memory.current': `${600 * MIB}\n`,
        'memory.stat': `inactive_file ${100 * MIB}\n`,
      }),
    )
    expect(machine.memoryLimitBytes).toBe(1024 * MIB)
    expect(machine.memoryLimitSource).toBe('cgroup memory limit, /sys/fs/cgroup/app/memory.max')
    expect(machine.memoryAvailableBytes).toBe(524 * MIB)
  })

  it('asks the host where there are no files (macOS)', async () => {
    const host = hostOf({
      platform: 'darwin',
      cpuModels: () => Array<string>(10).fill('Apple M9'),
      availableParallelism: () => 10,
      processor: () => Promise.resolve({ physicalCores: null, model: null }),
    })
    const machine = await detectMachine({ files: treeOf({}), host })
    expect(machineSchema.parse(machine)).toEqual(machine)
    expect(machine).toMatchObject({
      effectiveCpus: 10,
      effectiveCpusSource: 'logical CPUs, os.cpus()',
      memoryLimitBytes: 16 * GIB,
      memoryAvailableBytes: 8 * GIB,
      openFilesLimit: null,
      somaxconn: null,
      cpuModel: 'Apple M9',
      warnings: [],
    })
    expect(factOf(machine, 'cpu.affinity')).toBeUndefined()
  })

  it('works where even os.cpus() is empty', async () => {
    const host = hostOf({
      cpuModels: () => [],
      processor: () => Promise.resolve({ physicalCores: null, model: null }),
    })
    const machine = await detectMachine({ files: treeOf({}), host })
    expect(machine).toMatchObject({ effectiveCpus: 8, cpuModel: 'unknown' })
    expect(machine.effectiveCpusSource).toContain('os.availableParallelism()')
  })

  it('says unlimited open files as null, which JSON can hold', async () => {
    const machine = await detect({
      '/proc/self/limits': 'Max open files            unlimited            unlimited            files     \n',
    })
    expect(machine.openFilesLimit).toBeNull()
    expect(JSON.parse(JSON.stringify(machine))).toEqual(machine)
  })
})

describe('overrides', () => {
  it('win over what was detected, which stays in the facts', async () => {
    const machine = await detect(cgroup2({ 'cpu.max': '50000 100000\n' }), {
      cpus: 0.25,
      memoryBytes: 2 * GIB,
    })
    expect(machine).toMatchObject({
      effectiveCpus: 0.25,
      effectiveCpusSource: '--cpus',
      memoryLimitBytes: 2 * GIB,
      memoryLimitSource: '--memory',
      memoryAvailableBytes: 2 * GIB,
    })
    expect(factOf(machine, 'override.cpus')).toMatchObject({ value: 0.25, unit: 'cpus' })
    expect(factOf(machine, 'override.memory')?.source).toContain('--memory')
    expect(factOf(machine, 'cpu.quota')?.value).toBe(0.5)
  })

  it('warn when they promise more than there is', async () => {
    const machine = await detect({}, { cpus: 32, memoryBytes: 64 * GIB })
    expect(machine.warnings).toEqual([
      expect.stringContaining('--cpus 32 is more than the 8'),
      expect.stringContaining('--memory 65536 MiB is more than the 16384 MiB'),
    ])
    expect(machine.memoryAvailableBytes).toBe(12 * GIB)
  })
})

describe('warnings', () => {
  it('judge the memory that is told like the memory that is found', async () => {
    const [warning, ...others] = (await detect({}, { memoryBytes: 40 * MIB })).warnings
    expect(warning).toContain('40 MiB does not hold a single worker')
    expect(others).toEqual([])
    const found = await detect(cgroup2({ 'memory.max': `${40 * MIB}\n` }))
    expect(found.warnings).toEqual([warning])
    expect((await detect({}, { memoryBytes: 64 * MIB })).warnings).toEqual([
      expect.stringContaining('64 MiB is below 256 MiB'),
    ])
  })

  const files = (soft: number): string =>
    `Max open files            ${String(soft).padEnd(20)} 4096                 files     \n`

  it.each<[string, Record<string, string>, RegExp]>([
    ['a quota below one', cgroup2({ 'cpu.max': '50000 100000\n' }), /quota of 0\.5 is below one core/],
    ['affinity below the host', { '/proc/self/status': 'Cpus_allowed_list:\t0\n' }, /on 1 of 8 CPUs only/],
    ['a Node that sees too much', cgroup2({ 'cpu.max': '300000 100000\n' }), /Node itself reports 8 CPUs/],
    ['little memory', cgroup2({ 'memory.max': `${200 * MIB}\n` }), /limit of 200 MiB is below 256 MiB/],
    ['memory.high', cgroup2({ 'memory.high': `${500 * MIB}\n` }), /Beyond 500 MiB \(memory\.high\)/],
    ['few open files', { '/proc/self/limits': files(1024) }, /open-file limit of 1024 is too low/],
    ['a short queue', { '/proc/sys/net/core/somaxconn': '128\n' }, /somaxconn is 128/],
    ['waiting tasks', { '/proc/pressure/cpu': 'some avg10=33.00 avg60=0\n' }, /waited for a CPU in 33 %/],
    ['a governor', { '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'powersave\n' }, /"powersave"/],
    [
      'a hidden cgroup',
      { ...cgroup2({}), '/proc/self/cgroup': '0::/elsewhere\n' },
      /\/elsewhere is not visible/,
    ],
  ])('mention %s', async (_, tree, text) => {
    const { warnings } = await detect(tree)
    expect(warnings).toContainEqual(expect.stringMatching(text))
  })

  it('mention a load of more than half the CPUs', async () => {
    const loaded = (load: number) => detect({}, { host: hostOf({ loadAverage: () => [load, 0, 0] }) })
    expect((await loaded(4.01)).warnings).toEqual([expect.stringContaining('load average is 4.01 on 8 CPUs')])
    expect((await loaded(4)).warnings).toEqual([])
  })

  it('leave limits alone that are large enough', async () => {
    const machine = await detect({
      ...cgroup2({ 'memory.max': `${256 * MIB}\n`, 'cpu.max': '800000 100000\n' }),
      '/proc/self/limits': files(1064),
      '/proc/sys/net/core/somaxconn': '512\n',
      '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'performance\n',
    })
    expect(machine.warnings).toEqual([])
  })
})
