import { describe, expect, it } from 'vitest'
import { comparisonsOf, summarize } from '../../../src/experiment/summary.js'
import { serverBytes } from '../../../src/result/memory.js'
import { server, trial } from '../../helpers/trials.js'

/** One trial a block, of these throughputs, and of these at one speed of the machine. */
const blocks = (measured: readonly number[], level: readonly number[]) =>
  measured.map((throughputRps, block) => ({ ...trial({ block, throughputRps }), levelRps: level[block]! }))

describe('comparisons', () => {
  const flat = [1000, 1000, 1000, 1000]
  const rule = blocks(flat, flat)
  const against = (measured: readonly number[], level: readonly number[]) =>
    comparisonsOf(
      new Map([
        ['rule', rule],
        ['other', blocks(measured, level)],
      ]),
      0.03,
    )('rule').get('other')!

  it('are at one speed of the machine, where that agrees with what was measured', () => {
    const { effect, verdict } = against([900, 1300, 1000, 1250], [1100, 1110, 1090, 1100])
    expect(effect.ratio).toBeCloseTo(1.1, 2)
    expect(verdict).toBe('better')
  })

  it('are as measured where the correction takes the effect away, with both in the interval and no verdict', () => {
    const { effect, verdict, blocksToDecide } = against([1180, 1320, 1500, 1290], [960, 1040, 1120, 1050])
    expect(effect.ratio).toBeCloseTo(1.317, 2)
    expect(effect.low).toBeLessThan(1)
    expect(effect.high).toBeGreaterThan(1.5)
    expect(verdict).toBe('inconclusive')
    expect(blocksToDecide).toBeNull()
  })

  it('keep a verdict that both have, however far apart they are', () => {
    const { effect, verdict } = against([1400, 1410, 1390, 1400], [1200, 1210, 1190, 1200])
    expect(verdict).toBe('better')
    expect(effect.low).toBeLessThan(1.2)
    expect(effect.ratio).toBeCloseTo(1.4, 2)
  })
})

const took = (pssBytes: number, aloneBytes?: number) =>
  trial({ server: server({ pssBytes, ...(aloneBytes === undefined ? {} : { aloneBytes }) }) })

describe('memory of a summary', () => {
  it('is the median of what the server took by itself, beside the median of its PSS', () => {
    const summary = summarize([took(2e6, 3e6), took(1e6, 2e6), took(3e6, 4e6)])
    expect(summary).toMatchObject({ pssBytes: 2e6, aloneBytes: 3e6 })
    expect(serverBytes(summary)).toBe(3e6)
  })

  it('leaves out trials that are not believed, and what nobody tells', () => {
    const invalid = { ...took(9e6, 9e6), validity: { ok: false, reasons: [], warnings: [] } }
    const summary = summarize([took(2e6), invalid])
    expect(summary.pssBytes).toBe(2e6)
    expect(summary).not.toHaveProperty('aloneBytes')
    expect(serverBytes(summary)).toBe(2e6)
  })
})
