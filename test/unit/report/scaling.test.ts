import { describe, expect, it } from 'vitest'
import { lawOf, scalingSeries, seriesLabel } from '../../../src/report/scaling.js'
import type { Estimate, Model } from '../../../src/result/analysis.js'
import type { Configuration } from '../../../src/result/configuration.js'
import type { AnalyzeDocument, ResultDocument } from '../../../src/result/document.js'
import { uslThroughput } from '../../../src/result/usl.js'
import { async, benchDocument, estimate, ioDocument } from '../../helpers/documents.js'
import { scalingDocument } from '../../helpers/scaling.js'

/** The matrix of one class whose throughput is as given. */
function bench(throughputOf: (workers: number) => number, counts = [1, 2, 3, 5, 8]): ResultDocument {
  const document = scalingDocument()
  const [cell] = document.cells
  return {
    ...document,
    cells: counts.map((workers) => ({
      ...cell!,
      configuration: async(workers),
      throughputRps: estimate(throughputOf(workers)),
    })),
  }
}

/** An analysis whose candidates are these. */
function analysis(candidates: [Configuration, Estimate][], model?: Model): AnalyzeDocument {
  const document = ioDocument()
  const [candidate] = document.candidates
  return {
    ...document,
    ...(model === undefined ? {} : { model }),
    candidates: candidates.map(([configuration, throughputRps]) => ({
      ...candidate!,
      configuration,
      throughputRps,
    })),
  }
}

const lawOfFirst = (document: ResultDocument) => lawOf(document, scalingSeries(document)[0]!)

describe('scalingSeries', () => {
  it('holds what differs in workers alone, and needs three of them', () => {
    for (const document of [ioDocument(), benchDocument()]) {
      for (const { points: own } of scalingSeries(document)) {
        const counts = own.map(({ workers }) => workers)
        expect(counts.length).toBeGreaterThanOrEqual(3)
        expect(counts).toEqual(counts.toSorted((a, b) => a - b))
      }
    }
    expect(scalingSeries(ioDocument()).length).toBeGreaterThan(0)
    expect(scalingSeries(benchDocument())).toEqual([])
  })

  it("tells pools of libuv's threads apart", () => {
    const pooled = (workers: number, threadPool?: number): [Configuration, Estimate] => [
      threadPool === undefined ? async(workers) : { ...async(workers), threadPool },
      estimate(100 * workers),
    ]
    const document = analysis([1, 2, 3].flatMap((n) => [pooled(n), pooled(n, 2)]))
    const drawn = scalingSeries(document)
    expect(drawn.map(({ points }) => points.length)).toEqual([3, 3])
    expect(drawn.map(seriesLabel).filter((label) => label.includes('2 libuv threads each'))).toHaveLength(1)
  })
})

describe('lawOf', () => {
  it('is the law that made the points, within their noise', () => {
    const law = { lambda: 500, sigma: 0.1, kappa: 0.004 }
    const noise = [0.99, 1.02, 0.98, 1.01, 1]
    const counts = [1, 2, 3, 5, 8]
    const found = lawOfFirst(bench((n) => uslThroughput(law, n) * noise[counts.indexOf(n)]!))
    for (const n of counts) expect(uslThroughput(found!, n) / uslThroughput(law, n)).toBeCloseTo(1, 1)
  })

  it('is none with too few points, or where the law does not hold', () => {
    expect(lawOfFirst(bench((n) => 100 * n, [1, 2, 3]))).toBeNull()
    expect(lawOfFirst(bench((n) => n ** 2))).toBeNull()
    expect(lawOfFirst(bench((n) => (n === 3 ? 50 : 1000)))).toBeNull()
  })

  it('is that of the model where it is about the same workers', () => {
    const exact = (value: number) => ({ value, low: value, high: value })
    const points = [1, 2, 3, 5].map((workers) => ({ workers, throughputRps: 1000 * workers }))
    const law = { lambda: 990, sigma: 0.01, kappa: 0 }
    const connections = ioDocument().candidates[0]!.connections
    const model = (configuration: Configuration): Model => ({
      predictions: [],
      leakBytesPerRequest: null,
      certainty: [],
      scalability: [
        {
          axis: 'workers',
          ...{ lambda: exact(law.lambda), sigma: exact(law.sigma), kappa: exact(law.kappa) },
          ...{ peak: null, peakMeasured: false, from: 1, to: 5, wellSupported: false },
        },
      ],
      workerSeries: { configuration, connections, points },
    })
    const candidates = points.map(({ workers, throughputRps }): [Configuration, Estimate] => [
      async(workers),
      estimate(throughputRps),
    ])
    expect(lawOfFirst(analysis(candidates, model(async(1))))).toEqual(law)
    expect(lawOfFirst(analysis(candidates, model({ ...async(1), threads: 2 })))?.lambda).toBeCloseTo(1000, 0)
  })
})
