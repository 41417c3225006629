import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comparisonDocumentSchema } from '../../src/result/comparison.js'
import type { CommandResult } from '../helpers/command.js'
import { runCommand } from '../helpers/command.js'
import { ioDocument } from '../helpers/documents.js'

let folder: string
let base: string
let head: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tune-compare-'))
  base = join(folder, 'base.json')
  head = join(folder, 'head.json')
  const document = ioDocument()
  await writeFile(base, JSON.stringify(document))
  const trials = document.trials.map((one) => ({ ...one, throughputRps: one.throughputRps * 0.85 }))
  await writeFile(head, JSON.stringify({ ...document, trials }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function compare(...args: string[]): Promise<CommandResult> {
  return compareIn({}, ...args)
}

function compareIn(env: Record<string, string>, ...args: string[]): Promise<CommandResult> {
  return runCommand(process.execPath, ['bin/run.js', 'compare', base, head, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
}

describe('tune compare', () => {
  it('names what became worse, and is no gate without budgets', async () => {
    const { status, stdout, stderr } = await compare()
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/worse in requests per second/)
    expect((await compare('--format', 'markdown')).stdout).toMatch(/^## .*worse in requests per second/m)
  })

  it.each([
    [0, ['--budget', 'rps >= 1000']],
    [6, ['--budget', 'rps vs baseline >= -5%']],
    [0, ['--budget', 'warn: rps vs baseline >= -5%']],
    [5, ['--budget', 'rps vs baseline >= -15%']],
    [0, ['--budget', 'rps vs baseline >= -15%', '--on-inconclusive', 'warn']],
    [6, ['--budget', 'rps vs baseline >= -15%', '--on-inconclusive', 'fail']],
    [2, ['--budget', 'speed > 1']],
    [2, ['--margin', '5']],
  ])('ends with %i for %j, with and without --json', async (expected, args) => {
    const [plain, { status, stdout }] = await Promise.all([compare(...args), compare(...args, '--json')])
    expect(plain.status).toBe(expected)
    expect(status).toBe(expected)
    const json: unknown = JSON.parse(stdout)
    if (expected === 2) expect(json).toHaveProperty('error.exit', 2)
    else expect(() => comparisonDocumentSchema.parse(json)).not.toThrow()
  })

  it('leaves everything that a build wants', async () => {
    const summary = join(folder, 'summary.md')
    const out = join(folder, 'perf')
    await writeFile(summary, 'before\n')
    const args = ['--budget', 'rps vs baseline >= -5%', '--github', '--out', out]
    const { status, stderr } = await compareIn({ GITHUB_STEP_SUMMARY: summary }, ...args)
    expect(status).toBe(6)
    expect(stderr).toMatch(/^::error title=Performance budget broken::.*rps vs baseline/)
    expect(await readFile(summary, 'utf8')).toMatch(
      /^before\n<!-- tune-prefork[\s\S]*## .*worse in requests per second/,
    )
    const read = (name: string): Promise<string> => readFile(join(out, name), 'utf8')
    expect(await read('comment.md')).toMatch(/^<!-- tune-report: compare -->/)
    expect(await read('comparison.md')).toContain('### Budgets')
    expect(await read('junit.xml')).toMatch(/failures="1"[\s\S]*<failure message="\[!!\] rps vs baseline/)
    expect(comparisonDocumentSchema.parse(JSON.parse(await read('comparison.json'))).gate).toBe('fail')
  })

  it('refuses --github outside of a workflow', async () => {
    const { status, stderr } = await compareIn({ GITHUB_STEP_SUMMARY: '' }, '--github')
    expect(status).toBe(2)
    expect(stderr).toContain('GITHUB_STEP_SUMMARY')
  })
})
