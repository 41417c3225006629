import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readBaseline } from '../../../src/studies/baseline.js'
import { reportChange } from '../../../src/studies/baseline-report.js'
import { benchDocument } from '../../helpers/documents.js'

const folder = mkdtempSync(join(tmpdir(), 'tune-baseline-'))
afterAll(() => rmSync(folder, { recursive: true }))

const base = benchDocument()
const path = join(folder, 'result.json')
writeFileSync(path, JSON.stringify(base))
const here = { command: 'bench' as const, request: base.request, machine: base.machine }

describe('a baseline', () => {
  it('is read where machine, Node and question are the same', async () => {
    expect((await readBaseline(path, here)).name).toBe(base.name)
    // A kernel may be updated; that is a caveat of the comparison.
    expect(await readBaseline(path, { ...here, machine: { ...base.machine, kernel: 'other' } })).toBeTruthy()
  })

  it.each([
    ['nodeVersion', 'v99.0.0'],
    ['effectiveCpus', 64],
    ['cpuModel', 'another'],
    ['memoryLimitBytes', 1],
  ] as const)('is refused where %s differs', async (key, value) => {
    const other = { ...here, machine: { ...base.machine, [key]: value } }
    await expect(readBaseline(path, other)).rejects.toMatchObject({
      code: 'TUNE_E_BASELINE',
      exit: 2,
      message: expect.stringContaining(`is ${value}`),
    })
  })

  it('is refused for another request, and when it is none', async () => {
    const other = { ...here, request: { ...base.request, path: '/other' } }
    await expect(readBaseline(path, other)).rejects.toMatchObject({ code: 'TUNE_E_OTHER_QUESTION' })
    await expect(readBaseline(join(folder, 'missing'), here)).rejects.toMatchObject({ exit: 2 })
  })

  it('is compared with what was measured, and the comparison is kept', async () => {
    const files = new Map<string, string>()
    const store = {
      writeFile: (name: string, text: string) => {
        files.set(name, text)
        return Promise.resolve()
      },
    }
    const terminal = { width: 100, color: false, unicode: true }
    const text = await reportChange(base, benchDocument(), { toolVersion: '1', terminal }, store)
    expect(text).toContain('Against the baseline')
    expect([...files.keys()]).toEqual(expect.arrayContaining(['comparison.json', 'comparison.md']))
    // The run has a junit.xml of its own.
    expect(files.has('junit.xml')).toBe(false)
    expect(JSON.parse(files.get('comparison.json') ?? '')).toMatchObject({
      command: 'compare',
      gate: expect.anything(),
    })
  })
})
