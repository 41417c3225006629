import { describe, expect, it } from 'vitest'
import { renderHtml } from '../../../src/report/html/render.js'
import { renderBenchMarkdown } from '../../../src/report/markdown/bench.js'
import { routeRows } from '../../../src/report/routes.js'
import { renderBenchTerminal } from '../../../src/report/terminal/bench.js'
import type { BenchDocument } from '../../../src/result/document.js'
import type { RouteOutcome } from '../../../src/result/trial.js'
import { benchDocument } from '../../helpers/documents.js'

const route = (name: string) => ({ name, weight: 1, method: 'GET', path: '/', headers: {}, body: null })
const figures = (name: string, count: number, p99Us: number | null, errors = 0): RouteOutcome => ({
  ...{ name, throughputRps: count, count, errors },
  p50Us: 1000,
  p99Us,
})

/** The document with a mix, of which the best cell has known figures and all others have absurd ones. */
function withMix(): BenchDocument {
  const document = benchDocument()
  const best = document.cells.find((cell) => cell.best)
  if (best === undefined) throw new Error('no best cell')
  let nth = 0
  const trials = document.trials.map((trial) => {
    const isBest =
      JSON.stringify(trial.configuration) === JSON.stringify(best.configuration) &&
      trial.load.connections === best.load.connections
    if (!isBest) return { ...trial, routes: [figures('home', 1, 1), figures('order', 9999, 1)] }
    nth++
    return { ...trial, routes: [figures('home', 300, nth * 1000), figures('order', 100, null, 1)] }
  })
  const request = {
    ...document.request,
    mix: { name: 'shop.json', seed: 1, routes: [route('home'), route('order')] },
  }
  return { ...document, request, trials }
}

describe('figures by request', () => {
  it('are those of the best cell', () => {
    const [home, order] = routeRows(withMix())
    expect(home).toMatchObject({ name: 'home', share: 0.75, errors: 0, p50Us: 1000 })
    expect(home?.p99Us).toBeGreaterThanOrEqual(1000)
    expect(order).toMatchObject({ name: 'order', share: 0.25, p99Us: null })
    expect(order?.errors).toBeGreaterThan(0)
  })

  it('are shown for a mix, and not for one request', () => {
    const options = { width: 80, color: false, unicode: true }
    expect(renderBenchMarkdown(withMix())).toContain('### By request')
    expect(renderBenchTerminal(withMix(), options)).toMatch(/By request[\s\S]*home +75\.0 %/)
    expect(renderHtml(withMix())).toContain('By request')
    expect(renderHtml(benchDocument())).not.toContain('By request')
    expect(renderBenchMarkdown(benchDocument())).not.toContain('By request')
    expect(routeRows(benchDocument())).toEqual([])
  })
})
