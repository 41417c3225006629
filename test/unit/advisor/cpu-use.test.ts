import { describe, expect, it } from 'vitest'
import { cpuUseOf } from '../../../src/advisor/cpu-use.js'
import { async } from '../../helpers/documents.js'
import { server, trial } from '../../helpers/trials.js'

/** 10 ms of CPU a request. */
const raced = (throughputRps: number, connections = 64, configuration = async(2)) => ({
  ...trial({ throughputRps, server: server({ cpuSecondsPerRequest: 0.01 }) }, connections),
  ...{ configuration, validity: { ok: true, reasons: [], warnings: [] } },
})
const use = (...trials: ReturnType<typeof raced>[]) => cpuUseOf(trials, async(2), 64, 2)

describe('cpuUseOf', () => {
  it('is X * C / N of the configuration at its load, in the median trial that may be believed', () => {
    const lost = { ...raced(20), validity: { ok: false, reasons: [], warnings: [] } }
    const others = [raced(100, 8), raced(100, 64, async(1)), { ...raced(20), block: null }]
    expect(use(raced(190), raced(196), raced(120), lost, lost, ...others)).toBeCloseTo(0.95)
  })

  it('is not known without such a trial, or where the server does not tell its CPU', () => {
    expect(use()).toBeNull()
    expect(use({ ...raced(190), server: null })).toBeNull()
  })
})
