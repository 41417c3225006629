import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { analyzeDocumentSchema } from '../../src/result/document.js'
import { runInCgroup } from '../helpers/cgroup.js'
import { ROOT } from '../helpers/cli.js'

const MEMORY_BYTES = 512 * 2 ** 20

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tune-cgroup-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('tune analyze in a container of 1 CPU and 512 MB', () => {
  it("fits workers, threads and heap into it, and names 2N+1 from the host's cores as the mistake", async () => {
    const args = ['bin/run.js', 'analyze', join(ROOT, 'dist/profiles/workloads/apps/cpu.js')]
    const rest = ['--budget', '30s', '--out', join(folder, 'report'), '--json', '--quiet']
    const limits = [{ cpus: 1, memoryBytes: MEMORY_BYTES }]
    const result = await runInCgroup(limits, process.execPath, [...args, ...rest], { timeoutSeconds: 150 })
    if (result === null) return
    const document = analyzeDocumentSchema.parse(JSON.parse(result.stdout))
    expect(document.machine.effectiveCpus).toBe(1)
    expect(document.machine.memoryLimitBytes).toBe(MEMORY_BYTES)
    expect(document.heuristic?.workers).toBe(3)

    const measured = document.candidates.filter(({ outcome }) => outcome !== 'excluded')
    for (const { configuration, pssBytes } of measured) {
      expect(configuration.workers * configuration.threads).toBeLessThanOrEqual(3)
      expect(pssBytes ?? 0).toBeLessThan(MEMORY_BYTES)
    }
    const finding = (id: string) => document.findings.find((one) => one.id === id)
    const heap = /--max-old-space-size=(\d+)/.exec(finding('TUNE-LIMIT-HEAP')?.advice ?? '')?.[1]
    const { workers = 1, threads = 1 } = document.recommendation?.configuration ?? {}
    if (heap !== undefined) expect(Number(heap) * workers * threads).toBeLessThanOrEqual(512)
    if (cpus().length > 1) {
      expect(finding('TUNE-LIMIT-HOST')).toMatchObject({
        level: 'warn',
        rule: `2N+1 = 3 with the CPUs that may be used, ${2 * cpus().length + 1} with those of the host`,
      })
    }
  })
})
