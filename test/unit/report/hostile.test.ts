import { describe, expect, it } from 'vitest'
import { REPORT_FORMATS, renderResult } from '../../../src/report/render.js'
import { benchDocument, HOSTILE, hostileDocument } from '../../helpers/documents.js'

const options = { width: 100, color: false, unicode: true }
const hostileBench = () => {
  const base = benchDocument()
  return {
    ...base,
    name: HOSTILE,
    app: { spec: HOSTILE, kind: HOSTILE, loader: HOSTILE },
    plan: { ...base.plan, workloads: [{ name: HOSTILE, description: HOSTILE, noise: null }] },
    cells: base.cells.map((cell) => ({ ...cell, workload: HOSTILE, invalidReasons: [HOSTILE] })),
    trials: base.trials.map((one) => ({ ...one, workload: HOSTILE, target: HOSTILE })),
  }
}

/** Every control character but the line feed, and every mark that turns text around. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

describe.each(REPORT_FORMATS.filter((format) => format !== 'json'))('hostile strings as %s', (format) => {
  it.each([
    ['analyze', hostileDocument()],
    ['bench', hostileBench()],
  ])('of %s', (_, document) => {
    const text = renderResult(document, format, options)
    expect(text).not.toMatch(CONTROL)
    expect(Buffer.byteLength(text)).toBeLessThan(500_000)
    // A terminal shows tags as they are, and what Markdown makes of them is tested with its own syntax.
    if (format !== 'terminal' && format !== 'markdown') expect(text).not.toContain('<script>alert')
  })
})

it('json carries every string as it was', () => {
  const document = hostileDocument()
  expect(JSON.parse(renderResult(document, 'json', options))).toEqual(document)
})
