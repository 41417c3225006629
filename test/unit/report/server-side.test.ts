import { describe, expect, it } from 'vitest'
import { renderBenchMarkdown } from '../../../src/report/markdown/bench.js'
import { serverSideRows } from '../../../src/report/server-side.js'
import type { ServerOutcome } from '../../../src/result/trial.js'
import { benchDocument } from '../../helpers/documents.js'
import { server, trial } from '../../helpers/trials.js'

const withServers = (...servers: (ServerOutcome | null)[]) => ({
  ...benchDocument(),
  trials: servers.map((one, id) => ({ ...trial({ server: one }), id })),
})

describe('what the server used', () => {
  it('is the median over the believed trials of a target', () => {
    const one = (cpuSecondsPerRequest: number, peakRssBytes: number) =>
      server({
        cpuSecondsPerRequest,
        peakRssBytes,
        requestsPerWorker: [300, 100],
        voluntarySwitchesPerRequest: 2,
      })
    const [row, ...others] = serverSideRows(withServers(one(0.001, 1e6), one(0.002, 2e6), one(0.009, 9e6)))
    expect(others).toEqual([])
    expect(row).toEqual({
      target: 'a',
      connections: 10,
      cpuMsPerRequest: 2,
      loopUtilization: 0.9,
      gcShare: null,
      peakRssBytes: 2e6,
      voluntarySwitches: 2,
      involuntarySwitches: null,
      unevenness: 1.5,
    })
  })

  it('is folded into the report where somebody told, and left out otherwise', () => {
    expect(renderBenchMarkdown(withServers(server({ gcShare: 0.05 })))).toMatch(
      /What the server used[\s\S]*GC/,
    )
    expect(renderBenchMarkdown(withServers(null))).not.toContain('What the server used')
  })
})
