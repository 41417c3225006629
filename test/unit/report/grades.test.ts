import { describe, expect, it } from 'vitest'
import { timesGrade, workloadShares, workloadTimes } from '../../../src/report/sentences.js'
import { memorySentence } from '../../../src/report/memory-sentence.js'
import { renderHtml } from '../../../src/report/html/render.js'
import { renderAnalyzeMarkdown } from '../../../src/report/markdown/analyze.js'
import { renderAnalyzeTerminal } from '../../../src/report/terminal/analyze.js'
import { fullDocument } from '../../helpers/full-document.js'

const terminal = renderAnalyzeTerminal(fullDocument(), { width: 120, color: false, unicode: true })
/** Without what marks up and wraps. */
const media = [
  ['terminal', terminal.replace(/\s+/g, ' ')],
  ['Markdown', renderAnalyzeMarkdown(fullDocument()).replace(/\\/g, '')],
  ['HTML', renderHtml(fullDocument())],
] as const

describe.each(media)('%s', (_, text) => {
  it.each([
    ['the work of a request', 'R 20.6 ms response, per request (measured; W modelled)'],
    ['the predicted knee', 'knee at 133 requests under way (modelled)'],
    [
      'the measured knee',
      'at most twice the shortest mean of this sweep (20 ms with 33 connections). Measured; the prediction is modelled.',
    ],
    ['what to set', 'a second of work or more. Rules of thumb, on the measured knee and throughput.'],
    ['memory', 'a further thread (measured)'],
    ['the scalability law', 'off what was measured (modelled)'],
    ['memory that grows', 'in a million requests (measured).'],
  ])('grades %s', (_name, sentence) => expect(text).toContain(sentence))

  it('grades the candidates, and each request of a mix', () => {
    expect(text).toMatch(
      /Candidates(, measured| at \d+ client connections, measured)|candidates, with measured/,
    )
    expect(text).toMatch(
      /\(measured; W modelled\); 21 %|one connection: measured; waiting modelled|\(measured; waiting modelled\)/,
    )
  })

  it('says of a request of the mix what would raise the confidence in its class', () => {
    expect(text).toContain('Nothing overloads it by itself; surer with an analysis of this request alone')
    expect(text).toContain('Only 21 requests at one connection; surer with a longer probe, of more requests')
    expect(text).toContain('no trial of it may be believed')
  })
})

describe('grades', () => {
  it('are none of what was not measured', () => {
    const document = fullDocument()
    const recommendation = document.recommendation!
    const expected = {
      ...{ throughputRps: null, latencyUs: { p50: null, p95: null, p99: null } },
      ...{ pssBytes: null, evidence: 'measured' as const },
    }
    const unmeasured = {
      ...document,
      recommendation: { ...recommendation, expected, confidence: 'low' as const },
    }
    expect(renderAnalyzeMarkdown(unmeasured)).toContain('**Expected:** not measured; low confidence\n')
    expect(renderHtml(unmeasured)).toContain('not measured; low confidence')
    const text = renderAnalyzeTerminal(unmeasured, { width: 120, color: false, unicode: true })
    expect(text).toMatch(/Evidence +low confidence/)
  })

  it('tell the knee of the CPUs from what proceeds where something else is the limit', () => {
    const workload = fullDocument().workload!
    const limited = { ...workload, class: 'downstream', downstreamConcurrency: 12 } as const
    const fills = /requests under way would fill the CPUs \(modelled\), but/
    expect(workloadShares(limited)).toMatch(fills)
    expect(workloadShares(limited)).toMatch(/of one worker only about 12 proceed at a time$/)
    expect(workloadShares({ ...limited, downstreamConcurrency: 0.25 })).toMatch(
      /they slow each other down before$/,
    )
    expect(workloadShares({ ...workload, cpuShare: 1.35 })).toContain(
      'CPU 135 %, as it works on several threads,',
    )
  })

  it('tell what was guessed of the memory from what was measured', () => {
    const memory = fullDocument().memory!
    const guessed = { ...memory, evidence: 'modelled', perThreadEvidence: 'rule of thumb' } as const
    expect(memorySentence(guessed)).toMatch(
      /a worker \(measured\), .* a further thread \(rule of thumb\), .* \(modelled\)$/,
    )
    expect(memorySentence({ ...guessed, helperBytes: 12 * 2 ** 20 })).toContain(
      'a worker with 12.0 MiB of processes that it has started (measured)',
    )
    // As versions before wrote it.
    const { perThreadEvidence, ...older } = guessed
    expect(perThreadEvidence).toBe('rule of thumb')
    expect(memorySentence(older)).toBe(memorySentence(guessed))
    const unknown = { ...guessed, evidence: 'rule of thumb' } as const
    expect(memorySentence(unknown).match(/\(rule of thumb\)/g)).toHaveLength(3)
    expect(memorySentence({ ...guessed, maxWorkers: 1 })).toMatch(/at most 1 worker fits \(modelled\)$/)
    expect(memorySentence({ ...guessed, maxWorkers: 0 })).toMatch(
      /not even one worker fits with room to grow \(modelled\)$/,
    )
    expect(memorySentence(guessed, null)).toBe(memorySentence(guessed))
    expect(memorySentence(guessed, 20_992)).toMatch(
      /; each request leaves 20\.5 KiB behind \(measured\), which/,
    )
  })

  it('name every time that was inferred, and are left out where an older version tells none', () => {
    const workload = fullDocument().workload!
    const { evidence, ...older } = workload
    const inferred = { ...evidence!, loopMsPerRequest: 'modelled' } as const
    expect(timesGrade(inferred)).toBe('measured; E and W modelled')
    expect(workloadTimes(older)).toMatch(/per request; C under load, the others of a request alone$/)
    expect(workloadShares(older)).not.toContain('modelled')
  })
})
