import { describe, expect, it } from 'vitest'
import { renderLiveTerminal } from '../../../src/report/terminal/live.js'
import { SCHEMA_VERSION } from '../../../src/result/document.js'
import { liveDocumentSchema, type LiveDocument } from '../../../src/result/live-document.js'
import { async, machine } from '../../helpers/documents.js'

const options = { width: 120, color: false, unicode: true }

const DOCUMENT: LiveDocument = {
  schemaVersion: SCHEMA_VERSION,
  tool: { name: 'tune-prefork', version: '0.0.0' },
  ...{ command: 'attach', status: 'complete', askedSeconds: 60, machine, arbiterPid: 4711 },
  configuration: async(2),
  traffic: {
    ...{ seconds: 60, readings: 61, requests: 6000, throughputRps: 100, cpuMsPerRequest: 1 },
    ...{ loopMsPerRequest: 1, cpuCores: 0.1, loopUtilization: { mean: 0.05, highest: 0.06 } },
    ...{
      slotUtilization: 0.02,
      connections: 40,
      requestsUnderWay: 8,
      leastUnderWay: 0,
      waiting: 0,
      waitingReadings: 0,
    },
    ...{ restarts: 0, timedOut: 0, imbalance: 1, pssBytes: 100e6 },
  },
  ...{ verdict: 'fits', suggestion: null, reasons: ['Enough.'], findings: [], warnings: [] },
}

describe('a running server in the terminal', () => {
  it('claims no more than counters show', () => {
    expect(liveDocumentSchema.parse(DOCUMENT)).toEqual(DOCUMENT)
    const text = renderLiveTerminal(DOCUMENT, options)
    expect(text).toMatch(
      /^Verdict +the configuration fits the traffic, as far as counters show\nWhy +Enough\.\n/,
    )
    expect(text).toContain('40.0 connections, 8.00 requests under way, 0 clients in the backlog')
    expect(text).not.toContain('interrupted')
  })

  it('says first that it was interrupted, and how much was read', () => {
    const { traffic } = DOCUMENT
    const interrupted = { ...DOCUMENT, status: 'interrupted', traffic: { ...traffic, seconds: 5 } } as const
    expect(renderLiveTerminal(interrupted, options)).toMatch(
      /^Partial +interrupted: 5 s of 1 min were read\nVerdict /,
    )
  })
})
