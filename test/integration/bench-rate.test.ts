import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { rateDocumentSchema } from '../../src/result/rate-document.js'
import { runCommand } from '../helpers/command.js'

let folder = ''
afterEach(() => rm(folder, { recursive: true, force: true }))

it('tune bench --rate measures latency at a rate; bad objectives are usage errors', async () => {
  folder = await mkdtemp(join(tmpdir(), 'tune-rate-'))
  const base = [
    'bin/run.js',
    'bench',
    '--workloads',
    'io',
    '--classes',
    'async',
    '--quiet',
    '--json',
    '--out',
    folder,
  ]
  const { stdout } = await runCommand(process.execPath, [...base, '--rate', '50', '--arrivals', 'poisson'])
  const document = rateDocumentSchema.parse(JSON.parse(stdout))
  expect(rateDocumentSchema.parse(JSON.parse(await readFile(join(folder, 'rate.json'), 'utf8')))).toEqual(
    document,
  )
  const [subject] = document.subjects
  expect(subject?.probes).toHaveLength(1)
  const { outcome } = subject!.probes[0]!
  expect(outcome.requests.done).toBe(outcome.requests.sent)
  // The handler waits 20 ms, and nothing is counted from later than it was due.
  expect(outcome.latencyUs.p50).toBeGreaterThan(19_000)
  const { stdout: page } = await runCommand(process.execPath, [
    'bin/run.js',
    'report',
    folder,
    '--format',
    'html',
  ])
  expect(page.trim()).toBe((await readFile(join(folder, 'report.html'), 'utf8')).trim())
  expect(page).toContain('Latency against offered rate')
  const wrong = await runCommand(process.execPath, [
    'bin/run.js',
    'bench',
    '--workloads',
    'io',
    '--slo',
    'fast',
  ])
  expect(wrong.status).toBe(2)
  const many = await runCommand(process.execPath, ['bin/run.js', 'bench', '--rate', '50'])
  expect(many.status).toBe(2)
  // Flags of the other mode are no wishes that are silently dropped.
  const app = ['bin/run.js', 'bench', '--workloads', 'io']
  for (const [flags, named] of [
    [['--rate', '50', '--connections', '8'], '--connections is for a matrix'],
    [['--slo', 'p99<50ms', '--blocks', '5'], '--blocks is for a matrix'],
    [['--arrivals', 'poisson'], '--arrivals says when'],
  ] as const) {
    const refused = await runCommand(process.execPath, [...app, ...flags])
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(named)])
  }
})
