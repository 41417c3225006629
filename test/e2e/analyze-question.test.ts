import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyzeDocumentSchema } from '../../src/result/document.js'
import { serverBytes } from '../../src/result/memory.js'
import { ROOT, runTune, startTune } from '../helpers/cli.js'

const WORKLOADS = join(ROOT, 'dist/profiles/workloads/apps')

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tune-question-'))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// Alone: a neighbour takes the time in which rates are searched, and the answer is then that it was too short.
describe('tune analyze, asked for an objective', () => {
  it('--slo: a rate that keeps the latency, with the latency at that rate, within the budget', () =>
    inFolder(async (folder) => {
      const seconds = 60
      const { code, stdout, stderr, left } = await runTune([
        ...['analyze', join(WORKLOADS, 'mixed.js'), '--slo', 'p95<200ms', '--budget', `${seconds}s`],
        ...['--out', join(folder, 'report'), '--json', '--quiet'],
      ])
      expect(left).toEqual([])
      // Noise may leave it open which is best.
      expect([0, 5], stderr).toContain(code)
      const { confirmation, recommendation, durationSeconds, plan } = analyzeDocumentSchema.parse(
        JSON.parse(stdout),
      )
      expect(plan.question?.slo).toEqual({ percentile: 'p95', limitUs: 200_000 })
      expect(confirmation?.note).toMatch(/Largest rate that keeps p95<200ms, .*(req\/s|none)/)
      expect(confirmation?.keys.length).toBeGreaterThanOrEqual(1)
      expect(durationSeconds).toBeLessThan(1.5 * seconds)
      if (code === 0) {
        const { latencyUs, throughputRps } = recommendation!.expected
        expect(latencyUs.p95).toBeLessThanOrEqual(200_000)
        expect(throughputRps?.value).toBeGreaterThan(0)
      }
    }))
})

// At the same time: what is asserted here holds beside a neighbour too.
describe.concurrent('tune analyze, asked for something else than throughput', () => {
  it('--optimize memory --target-rate --apply: tune serve runs what was written', () =>
    inFolder(async (folder) => {
      const app = join(WORKLOADS, 'cpu.js')
      const { code, stdout, left } = await runTune(
        [
          ...['analyze', app, '--optimize', 'memory', '--target-rate', '5', '--apply', '--budget', '20s'],
          ...['--out', join(folder, 'report'), '--quiet'],
        ],
        { cwd: folder },
      )
      expect(left).toEqual([])
      expect(code).toBe(0)
      expect(stdout).toContain('Applied: ')
      const document = analyzeDocumentSchema.parse(
        JSON.parse(readFileSync(join(folder, 'report', 'result.json'), 'utf8')),
      )
      const { workers, workerClass } = document.recommendation!.configuration
      const cheapest = Math.min(...document.candidates.flatMap((candidate) => serverBytes(candidate) ?? []))
      // Memory that differs by less than a tenth counts as the same.
      expect(serverBytes(document.recommendation!.expected)).toBeLessThan(1.15 * cheapest)

      const server = startTune(['serve', app, '--bind', '127.0.0.1:0'], { cwd: folder })
      try {
        await server.printed(new RegExp(`(Booting worker with pid: [\\s\\S]*){${workers}}`))
        await server.printed(/Listening at/)
        server.child.kill('SIGTERM')
        const { code: stopped, stderr } = await server.finished
        expect(stopped).toBe(0)
        expect(stderr.match(/Booting worker with pid/g)).toHaveLength(workers)
        expect(stderr).toContain(`Using worker: ${workerClass}`)
      } finally {
        server.reap()
      }
    }))

  it('--optimize latency: compares p95 at moderate load, and recommends nothing that is slower than the rule', () =>
    inFolder(async (folder) => {
      const { code, stdout, left } = await runTune([
        ...['analyze', join(WORKLOADS, 'io.js'), '--optimize', 'latency', '--budget', '25s'],
        ...['--out', join(folder, 'report'), '--json', '--quiet'],
      ])
      expect(left).toEqual([])
      expect([0, 5]).toContain(code)
      const { plan, workload, heuristic, recommendation } = analyzeDocumentSchema.parse(JSON.parse(stdout))
      expect(plan.question?.optimize).toBe('latency')
      expect(plan.connections).toBeLessThan(workload!.kneeConcurrency!)
      expect(heuristic?.measure ?? 'p95').toContain('p95')
      if (code === 0 && recommendation!.action === 'change') expect(heuristic?.verdict).not.toBe('worse')
    }))
})

describe('tune analyze, asked what cannot be meant', () => {
  const cases: [args: string[], message: RegExp][] = [
    [['--optimize', 'speed'], /"speed" is not known/],
    [['--slo', 'p42<1s'], /"p42<1s" is not a latency objective/],
    [['--slo', 'p99<50ms', '--budget', '50s'], /50s is too short for --slo/],
    [['--target-rate', 'many'], /"many" is not a rate/],
    [['--current', 'workers=0'], /"workers=0" is not a configuration/],
    [['--apply', '--server', 'gunicorn'], /gunicorn does not read that/],
    [['--for', '3s'], /--attach/],
    [['--attach', '1', '--slo', 'p99<50ms'], /makes no use of an app, --slo/],
  ]

  it('exit 2 and one clear message, before anything is started', () =>
    inFolder(async (folder) => {
      const app = join(WORKLOADS, 'io.js')
      const run = ([args]: (typeof cases)[number]) => runTune(['analyze', app, ...args], { cwd: folder })
      const answers = await Promise.all(cases.map(run))
      for (const [index, [args, message]] of cases.entries()) {
        const { code, stdout, stderr, left } = answers[index]!
        expect({ args, code, stdout, left }).toEqual({ args, code: 2, stdout: '', left: [] })
        expect(stderr).toMatch(message)
        expect(stderr.match(/Error: /g)).toHaveLength(1)
      }
    }))
})
