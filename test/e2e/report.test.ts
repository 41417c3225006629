import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resultDocumentSchema } from '../../src/result/document.js'
import type { CommandResult } from '../helpers/command.js'
import { runCommand } from '../helpers/command.js'
import { benchDocument, ioDocument } from '../helpers/documents.js'
import { withHistograms } from '../helpers/histograms.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tune-report-'))
  await writeFile(join(folder, 'result.json'), JSON.stringify(withHistograms(ioDocument())))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function report(...args: string[]): Promise<CommandResult> {
  return runCommand(process.execPath, ['bin/run.js', 'report', ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  })
}

describe('tune report', () => {
  it.each([
    ['terminal', /^Recommendation|^Verdict|against 2N\+1/im],
    ['markdown', /^<!-- tune-prefork [\d.]+, schema 1/],
    ['html', /^<!doctype html>/],
  ])('renders a folder as %s, twice the same', async (format, start) => {
    const first = await report(folder, '--format', format)
    expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 0, stderr: '' })
    expect(first.stdout).toMatch(start)
    expect((await report(join(folder, 'result.json'), '--format', format)).stdout).toBe(first.stdout)
  })

  it('gives the document back, with --format json as with --json', async () => {
    const document = resultDocumentSchema.parse(withHistograms(ioDocument()))
    for (const args of [['--format', 'json'], ['--json']]) {
      const { status, stdout } = await report(folder, ...args)
      expect(status).toBe(0)
      expect(resultDocumentSchema.parse(JSON.parse(stdout))).toEqual(document)
    }
  })

  it('renders a matrix, into a file when told', async () => {
    const source = join(folder, 'bench.json')
    const out = join(folder, 'bench.html')
    await writeFile(source, JSON.stringify(withHistograms(benchDocument())))
    const { status, stdout } = await report(source, '--format', 'html', '--out', out)
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(await readFile(out, 'utf8')).toContain('Throughput over workers and connections')
  })

  it.each([
    ['a path that is not there', 'gone.json', undefined, /does not exist/],
    ['something else', 'else.json', '{"a":1}', /no schemaVersion/],
    [
      'an older schema',
      'old.json',
      '{"schemaVersion":0}',
      /schemaVersion is 0; this version of tune reads 1/,
    ],
    ['half a file', 'half.json', '{"schemaVersion":1,', /not JSON/],
  ])('refuses %s with exit 2', async (_, name, text, message) => {
    const path = join(folder, name)
    if (text !== undefined) await writeFile(path, text)
    const { status, stderr, stdout } = await report(path)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).toContain('→')
  })
})
