import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { analyzeDocumentSchema, type AnalyzeDocument } from '../../src/result/document.js'
import { readDocument, readTrials } from '../../src/result/read.js'
import { ROOT, runTune } from '../helpers/cli.js'

const WORKLOADS = join(ROOT, 'dist/profiles/workloads/apps')

let folder: string
let out: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tune-analyze-'))
  out = join(folder, 'report')
})
afterEach(() => rmSync(folder, { recursive: true }))

const documentOf = (stdout: string): AnalyzeDocument => analyzeDocumentSchema.parse(JSON.parse(stdout))

describe('tune analyze', () => {
  it('recommends async for an app that waits, many times above 2N+1 sync workers', async () => {
    const app = join(WORKLOADS, 'io.js')
    const { code, stdout, stderr, left } = await runTune([
      'analyze',
      app,
      '--budget',
      '20s',
      '--out',
      out,
      '--json',
    ])
    expect(left).toEqual([])
    const document = documentOf(stdout)
    expect(document.workload?.class).toBe('async-io')
    expect(document.status).toBe('complete')
    // A machine that is too noisy to tell 1 from N async workers says so; both are async.
    expect([0, 5]).toContain(code)
    expect(document.recommendation?.configuration.workerClass).toBe('async')
    const sync = document.candidates.find(({ key }) => key.startsWith('sync-'))
    const rps = document.recommendation?.expected.throughputRps?.value ?? 0
    expect(rps).toBeGreaterThan(8 * (sync?.throughputRps?.value ?? Infinity))
    // One request at a time for at least 20 ms: more would be a wrong figure, whatever the machine.
    expect(sync?.throughputRps?.value).toBeLessThanOrEqual((sync?.configuration.workers ?? 0) / 0.02)
    expect(document.heuristic?.workers).toBe(2 * Math.floor(document.machine.effectiveCpus) + 1)
    expect(stderr).toContain('probe')

    expect(await readDocument(join(out, 'result.json'))).toEqual(document)
    expect(await readTrials(join(out, 'trials.jsonl'))).toEqual(document.trials)
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('## ')
  })

  it('prints the answer first, and never proposes more workers than CPUs for an app that computes', async () => {
    const app = join(WORKLOADS, 'cpu.js')
    const { code, stdout, left } = await runTune(['analyze', app, '--budget', '20s', '--out', out, '--quiet'])
    expect(left).toEqual([])
    expect([0, 5]).toContain(code)
    expect(stdout).toMatch(code === 0 ? /^Recommendation {3}/ : /^Inconclusive {3}/)
    expect(stdout).toMatch(/Against 2N\+1/)
    const document = documentOf(readFileSync(join(out, 'result.json'), 'utf8'))
    // Busy neighbours may hide the nature of the work, but never without a doubt.
    if (document.workload?.class !== 'cpu') expect(document.workload?.confidence).not.toBe('high')
    const cpus = document.machine.effectiveCpus
    for (const { configuration, proposedBy } of document.candidates) {
      const isRule = proposedBy.some((formula) => formula.includes('2N+1'))
      if (!isRule && document.workload?.class === 'cpu')
        expect(configuration.workers * configuration.threads).toBeLessThanOrEqual(Math.ceil(cpus))
    }
  })
})
