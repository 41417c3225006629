import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderAnalyzeTerminal } from '../../../src/report/terminal/analyze.js'
import { renderBenchTerminal } from '../../../src/report/terminal/bench.js'
import {
  async,
  benchDocument,
  cpuDocument,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
} from '../../helpers/documents.js'
import { fullDocument } from '../../helpers/full-document.js'

const options = { width: 120, color: false, unicode: true, folder: 'reports/api-20261120-093000' }
const analyses = {
  full: fullDocument(),
  io: ioDocument(),
  cpu: cpuDocument(),
  inconclusive: inconclusiveDocument(),
  interrupted: interruptedDocument(),
}

describe.each(Object.entries(analyses))('analyze, %s', (name, document) => {
  it.each([120, 80, 59])('at %d columns', async (width) => {
    const text = renderAnalyzeTerminal(document, { ...options, width })
    await expect(text).toMatchFileSnapshot(`__snapshots__/analyze-${name}-${width}.txt`)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width)
  })
})

describe('bench', () => {
  it.each([120, 80, 59])('at %d columns', async (width) => {
    const text = renderBenchTerminal(benchDocument(), { ...options, width })
    await expect(text).toMatchFileSnapshot(`__snapshots__/bench-${width}.txt`)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width)
  })

  it('that was interrupted before a cell was complete shows its trials', () => {
    const text = renderBenchTerminal({ ...benchDocument(), status: 'interrupted', cells: [] }, options)
    expect(text).toMatch(/^Partial +interrupted after 2 min 28 s: 12 trials/)
    expect(text).toContain('io/async-2x1000')
    expect(text).toContain(`tune bench --resume ${options.folder}`)
    expect(renderBenchTerminal(benchDocument(), options)).not.toContain('--resume')
  })
})

it('puts the recommended command into the first line', () => {
  const [first] = renderAnalyzeTerminal(ioDocument(), options).split('\n')
  expect(first).toBe(`Recommendation   ${ioDocument().recommendation!.command}`)
})

it('is pure ASCII where the terminal is not UTF-8', async () => {
  const ascii = { ...options, width: 80, unicode: false }
  const texts = [
    renderAnalyzeTerminal(ioDocument(), ascii),
    renderBenchTerminal(benchDocument(), ascii),
    renderAnalyzeTerminal(hostileDocument(), ascii),
  ]
  for (const text of texts) expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  await expect(texts[0]).toMatchFileSnapshot('__snapshots__/analyze-io-80-ascii.txt')
})

it('adds colour only, never text', async () => {
  for (const document of Object.values(analyses)) {
    const colored = renderAnalyzeTerminal(document, { ...options, color: true })
    expect(colored).toContain('\u001b[')
    expect(stripVTControlCharacters(colored)).toBe(renderAnalyzeTerminal(document, options))
  }
  const colored = renderAnalyzeTerminal(ioDocument(), { ...options, color: true })
  await expect(colored.replaceAll('\u001b', '␛')).toMatchFileSnapshot(
    '__snapshots__/analyze-io-120-color.txt',
  )
})

it('never shows more than nine columns, and drops them as the terminal narrows', () => {
  const loads = ioDocument()
  loads.candidates[0]!.connections = 128
  const heads = [200, 80, 70, 59].map((width) => {
    const lines = renderAnalyzeTerminal(loads, { ...options, width }).split('\n')
    return lines[lines.findIndex((line) => line.startsWith('──')) - 1]!.trim().split(/ {2,}/)
  })
  expect(heads[0]).toHaveLength(9)
  expect(heads[0]).toContain('clients')
  expect(heads.map(({ length }) => length)).toEqual(
    heads.map(({ length }) => length).toSorted((a, b) => b - a),
  )
  expect(heads[3]).toEqual(['configuration', 'req/s', 'vs >', 'outcome'])
})

it('tells async configurations apart by what they hold', () => {
  const document = ioDocument()
  document.candidates[1]!.configuration = { ...async(2), workerConnections: 100 }
  const text = renderAnalyzeTerminal(document, options)
  expect(text).toContain('> async (100)')
  expect(text).toContain('async (1000)')
})

it('is not harmed by hostile strings', () => {
  const text = renderAnalyzeTerminal(hostileDocument(), options)
  expect(text).not.toMatch(/[^\P{Cc}\n]/u)
  expect(text).not.toMatch(/\p{Cf}/u)
  expect(text.length).toBeLessThan(200_000)
})
