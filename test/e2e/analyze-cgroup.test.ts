import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyzeDocumentSchema, type AnalyzeDocument } from '../../src/result/document.js'
import { runInCgroup, type CgroupLimits } from '../helpers/cgroup.js'
import { ROOT } from '../helpers/cli.js'

const MEMORY_BYTES = 512 * 2 ** 20

/** `null` where no cgroup can be made, after saying so. */
async function analyzeWithin(limits: CgroupLimits): Promise<AnalyzeDocument | null> {
  const folder = mkdtempSync(join(tmpdir(), 'tune-cgroup-'))
  try {
    const args = ['bin/run.js', 'analyze', join(ROOT, 'dist/profiles/workloads/apps/cpu.js')]
    // Half a CPU takes its time, and neighbours can double that: 20 s were too short once, which was said.
    const rest = ['--budget', '40s', '--out', join(folder, 'report'), '--json', '--quiet']
    const result = await runInCgroup([limits], process.execPath, [...args, ...rest], { timeoutSeconds: 150 })
    if (result === null) return null
    const document: unknown = JSON.parse(result.stdout)
    expect(document).not.toHaveProperty('error')
    return analyzeDocumentSchema.parse(document)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// At the same time: neither may use more than its quota, and nothing below depends on how fast the app was.
describe.concurrent('tune analyze', () => {
  it('in a cgroup of half a CPU counts on half a CPU, and recommends no more than fits', async () => {
    const document = await analyzeWithin({ cpus: 0.5 })
    if (document === null) return
    expect(document.machine.effectiveCpus).toBe(0.5)
    expect(document.heuristic?.workers).toBe(2)
    const { workers = 0, threads = 0 } = document.recommendation?.configuration ?? {}
    expect(workers * threads).toBeLessThanOrEqual(2)
    const own = document.candidates.filter(
      ({ proposedBy }) => !proposedBy.some((one) => one.includes('2N+1')),
    )
    for (const { configuration } of own) expect(configuration.workers).toBe(1)
  })

  it("in a container of 1 CPU and 512 MB fits workers, threads and heap into it, and names 2N+1 from the host's cores as the mistake", async () => {
    const document = await analyzeWithin({ cpus: 1, memoryBytes: MEMORY_BYTES })
    if (document === null) return
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
