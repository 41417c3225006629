import { describe, expect, it } from 'vitest'
import { renderHtml } from '../../../src/report/html/render.js'
import { renderJunit } from '../../../src/report/junit/render.js'
import { renderBenchMarkdown } from '../../../src/report/markdown/bench.js'
import { matricesOf, summaryOf } from '../../../src/report/matrix.js'
import { rateHeadline } from '../../../src/report/rate.js'
import { renderBenchTerminal } from '../../../src/report/terminal/bench.js'
import type { BenchDocument } from '../../../src/result/document.js'
import { targetName } from '../../../src/result/host-key.js'
import type { ServerName } from '../../../src/result/server.js'
import { AS_IT_RUNS } from '../../../src/studies/matrix-plan.js'
import { async, benchDocument, estimate, trial } from '../../helpers/documents.js'
import { rateDocument } from '../../helpers/rate.js'

const WORKLOAD = 'app.ts'

/** The same configuration under each server, the first of which is the best. */
function serversDocument(...servers: ServerName[]): BenchDocument {
  const base = benchDocument()
  const [cell] = base.cells
  const cells = servers.map((server, index) => ({
    ...cell!,
    ...{ workload: WORKLOAD, server, load: { connections: 8 } },
    configuration: server === 'url' ? AS_IT_RUNS : async(2),
    ...{ throughputRps: estimate(1000 - 100 * index), best: index === 0, heuristic: false },
  }))
  const trials = cells.flatMap((one, index) =>
    [0, 1].map((block) => ({
      ...trial(2 * index + block, one.configuration, {
        phase: 'matrix',
        block,
        connections: 8,
        rps: 1000 - 100 * index,
      }),
      workload: WORKLOAD,
      target: targetName(WORKLOAD, one),
    })),
  )
  const workloads = [{ name: WORKLOAD, description: '', noise: null }]
  return { ...base, plan: { ...base.plan, workloads, servers }, cells, trials }
}

const terminal = { width: 100, color: false, unicode: true }
const text = (html: string): string => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')

describe('a matrix of several servers', () => {
  const document = serversDocument('bundled', 'pm2')

  it('names them wherever a configuration is named', () => {
    expect(summaryOf(matricesOf(document)[0]!)).toContain('best is bundled with 2 async workers at 8 clients')
    expect(renderBenchMarkdown(document)).toContain('bundled with 2 async workers')
    const names = [...renderJunit(document).matchAll(/<testcase [^>]*\bname="([^"]*)" time="([^"]*)"/g)]
    expect(names.map(([, name]) => name)).toEqual([
      'bundled with 2 async workers at 8 clients',
      'pm2 with 2 async workers at 8 clients',
    ])
    // Two trials of a second each: those of the other server are not counted.
    expect(names.map(([, , seconds]) => Number(seconds))).toEqual([2, 2])
    const page = text(renderHtml(document))
    expect(page).toContain('pm2 with 2 async workers at 8 clients')
    expect(page).toMatch(/server class workers/)
  })
})

describe('a server that runs already', () => {
  it('is never said to have a shape that nobody knows', () => {
    const document = serversDocument('url')
    for (const one of [
      renderBenchTerminal(document, terminal),
      renderBenchMarkdown(document),
      text(renderHtml(document)),
      renderJunit(document),
    ]) {
      expect(one).toContain('the server as it runs')
      // What was asked for stands in the plan, and in the command that repeats it.
      const told = one.split('Method and how to repeat it')[0]
      expect(told).not.toMatch(/(?<!2N\+)\b1 async|async-1|async +1/)
    }
  })

  it('nor under open load', () => {
    const document = rateDocument()
    const url = {
      ...document,
      subjects: document.subjects.map((one) => ({ ...one, server: 'url' as const })),
    }
    expect(rateHeadline(document)).toMatch(/worker/)
    expect(rateHeadline(url)).toContain('the server as it runs')
    expect(rateHeadline(url)).not.toMatch(/worker/)
  })
})
