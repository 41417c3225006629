import { describe, expect, it } from 'vitest'
import { summarize } from '../../../src/experiment/summary.js'
import { serverBytes } from '../../../src/result/memory.js'
import { server, trial } from '../../helpers/trials.js'

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
