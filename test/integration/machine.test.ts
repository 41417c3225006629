import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import type { MachineDocument } from '../../src/result/machine-document.js'
import { machineDocumentSchema } from '../../src/result/machine-document.js'
import type { CgroupLimits } from '../helpers/cgroup.js'
import { runInCgroup } from '../helpers/cgroup.js'
import { runCommand } from '../helpers/command.js'

const MACHINE_JSON = ['bin/run.js', 'machine', '--json']

/** What `tune machine` says inside real cgroups, outermost first; skips where they cannot be made. */
async function machineIn(levels: CgroupLimits[], context: TestContext): Promise<MachineDocument> {
  const result = await runInCgroup(levels, process.execPath, MACHINE_JSON)
  if (result === null) return context.skip('no cgroup can be made here')
  expect(result).toMatchObject({ status: 0, stderr: '' })
  return machineDocumentSchema.parse(JSON.parse(result.stdout))
}

function valueOf({ machine }: MachineDocument, id: string): number | string | null | undefined {
  return machine.facts.find((fact) => fact.id === id)?.value
}

describe('tune machine in a real cgroup', () => {
  it('sees a quota of half a CPU', async (context) => {
    const document = await machineIn([{ cpus: 0.5 }], context)
    expect(document.machine.effectiveCpus).toBe(0.5)
    expect(document.machine.effectiveCpusSource).toMatch(/^cgroup CPU quota, \/.*tune-test-/)
    expect(document.machine.warnings).toContainEqual(
      expect.stringContaining('quota of 0.5 is below one core'),
    )
    expect(document.heuristic.workers).toBe(2)
  })

  it('sees the smaller quota of an ancestor', async (context) => {
    const document = await machineIn([{ cpus: 0.3 }, {}, {}], context)
    expect(document.machine.effectiveCpus).toBe(0.3)
    expect(document.machine.effectiveCpusSource).toMatch(/tune-test-[\d-]+-0\/cpu\.(cfs_quota_us|max)$/)
  })

  it('sees a memory limit, its use and what is left', async (context) => {
    const limit = 256 * 1024 ** 2
    const document = await machineIn([{ memoryBytes: limit }, {}], context)
    expect(document.machine.memoryLimitBytes).toBe(limit)
    expect(document.machine.memoryLimitSource).toMatch(/^cgroup memory limit, /)
    expect(document.machine.memoryAvailableBytes).toBeLessThan(limit)
    const used = valueOf(document, 'memory.used')
    expect(used).toBeGreaterThan(0)
    expect(used).toBeLessThan(limit)
  })

  it('sees both limits together', async (context) => {
    const document = await machineIn([{ cpus: 0.75, memoryBytes: 200 * 1024 ** 2 }], context)
    expect(document.machine.effectiveCpus).toBe(0.75)
    expect(document.machine.warnings).toContainEqual(expect.stringContaining('200 MiB is below 256 MiB'))
  })

  it('leaves no cgroup behind, even when the command fails', async (context) => {
    const result = await runInCgroup([{ cpus: 0.5 }], process.execPath, ['-e', 'process.exit(7)'])
    if (result === null) return context.skip('no cgroup can be made here')
    expect(result.status).toBe(7)
    const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/cpu', '/sys/fs/cgroup/memory'].filter((path) =>
      existsSync(path),
    )
    const left = roots
      .flatMap((path) => readdirSync(path))
      .filter((name) => name.startsWith(`tune-test-${process.pid}-`))
    expect(left).toEqual([])
  })
})

describe('tune machine under an affinity mask', () => {
  it('counts the one CPU that it may run on', async (context) => {
    const result = await runCommand('taskset', ['-c', '0', process.execPath, ...MACHINE_JSON]).catch(
      () => null,
    )
    if (result === null) return context.skip('no taskset here')
    if (result.stdout === '') return context.skip(`taskset cannot pin here: ${result.stderr}`)
    const document = machineDocumentSchema.parse(JSON.parse(result.stdout))
    expect(document.machine.effectiveCpus).toBe(Math.min(1, Number(valueOf(document, 'cpu.quota') ?? 1)))
    expect(valueOf(document, 'cpu.affinity')).toBe(1)
    expect(valueOf(document, 'cpu.node')).toBe(1)
  })
})
