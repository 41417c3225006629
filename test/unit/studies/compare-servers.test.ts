import { describe, expect, it } from 'vitest'
import { renderBenchMarkdown } from '../../../src/report/markdown/bench.js'
import { comparisonDocumentSchema } from '../../../src/result/comparison.js'
import { subjectTitle } from '../../../src/report/comparison/words.js'
import { renderMetricsReport } from '../../../src/report/gitlab/metrics.js'
import { renderComparisonJunit } from '../../../src/report/junit/comparison.js'
import { trendSeries } from '../../../src/report/trend/series.js'
import { renderHtml } from '../../../src/report/html/render.js'
import { renderJunit } from '../../../src/report/junit/render.js'
import { matricesOf, trialsOf } from '../../../src/report/matrix.js'
import { reproduceCommand } from '../../../src/report/reproduce.js'
import { renderBenchTerminal } from '../../../src/report/terminal/bench.js'
import type { Configuration } from '../../../src/result/configuration.js'
import { resultDocumentSchema } from '../../../src/result/document.js'
import { compareResults } from '../../../src/studies/compare.js'
import { matrix, type MatrixSettings, type Subject } from '../../../src/studies/matrix.js'
import { hostKey } from '../../../src/result/host-key.js'
import { provenance } from '../../../src/export/answer.js'
import { answerOf } from '../../../src/export/index.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine } from '../../helpers/fakes.js'

const asyncOnly = ({ workerClass }: Configuration): boolean => workerClass === 'async'
const quiet = () => undefined

/** The second server does the same work at 80 % of the speed, or another part of it. */
async function compared(given: Partial<Subject['servers'][number]> = {}, part = 0.8) {
  const app = { cpuMs: 5, waitMs: 0 }
  const world = new FakeWorld({ app, effectiveCpus: 2, noise: 0.005 })
  const slow = new FakeWorld({ app, effectiveCpus: 2, noise: 0.005, scale: () => part })
  const ports = { fast: new Set<number>() }
  const from = (where: FakeWorld) => (configuration: Configuration, label: string) => ({
    ...where.target(configuration, label),
    start: async () => {
      const running = await where.target(configuration, label).start(new AbortController().signal)
      const port = 'port' in running.address ? running.address.port : 0
      if (where === world) ports.fast.add(port)
      // Ports of the two worlds are told apart by their sign.
      return where === world ? running : { ...running, address: { host: 'slow', port } }
    },
  })
  const subject: Subject = {
    name: 'app.js',
    description: 'GET /',
    request: FAKE_REQUEST,
    servers: [
      { name: 'bundled', supports: () => true, runsAlready: false, makeTarget: from(world) },
      { name: 'pm2', supports: asyncOnly, runsAlready: false, makeTarget: from(slow), ...given },
    ],
  }
  const settings: MatrixSettings = {
    ...{ name: 'bench', blocks: 4, repeats: 1, windowSeconds: 1, seed: 1, request: FAKE_REQUEST },
    app: { spec: 'app.js', kind: null, loader: null },
    axes: { classes: ['sync', 'async'], workers: [2], threads: [1], connections: [16] },
  }
  const order: string[] = []
  const document = await matrix(
    settings,
    [subject],
    {
      ...{ toolVersion: '0.0.0', machine: fakeMachine(), clock: world.clock },
      generator: {
        run: (spec, signal) =>
          ('host' in spec.address && spec.address.host === 'slow' ? slow : world).generator.run(spec, signal),
        stop: () => Promise.resolve(),
      },
      progress: { phase: quiet, trialStarted: quiet, trialFinished: quiet, note: quiet },
      saveTrial: ({ target }) => void order.push(target),
    },
    new AbortController().signal,
  )
  return { document, order, left: world.running + slow.running }
}

describe('a matrix over several servers', () => {
  it('measures them in the same blocks, each as far as it goes, and leaves nothing running', async () => {
    const { document, order, left } = await compared()
    expect(left).toBe(0)
    expect(resultDocumentSchema.parse(document)).toEqual(document)
    const keys = document.cells.map(({ server, configuration }) => `${server}:${configuration.workerClass}`)
    expect(new Set(keys)).toEqual(new Set(['bundled:sync', 'bundled:async', 'pm2:async']))
    const perBlock = document.cells.length + 1
    for (let block = 0; block < 4; block++) {
      const targets = order.slice(block * perBlock, (block + 1) * perBlock)
      expect(new Set(targets.map((target) => target.split(/[/:]/)[1]))).toEqual(new Set(['bundled', 'pm2']))
    }
  })

  it('sees the difference between the servers, and says it', async () => {
    const { document } = await compared()
    expect(document.cells.find(({ best }) => best)?.server).toBe('bundled')
    for (const cell of document.cells.filter(({ server }) => server === 'pm2')) {
      expect(cell.effect?.ratio).toBeGreaterThan(0.7)
      expect(cell.effect?.ratio).toBeLessThan(0.9)
      expect(cell.verdict).toBe('worse')
    }
    const text = renderBenchTerminal(document, { width: 120, color: false, unicode: true })
    expect(text).toMatch(/app\.js: best is bundled with .*; the best of pm2 -\d+ % \(worse\)/)
    expect(text).toMatch(/^ {2}server +class/m)
    expect(text).toMatch(/^ {2}pm2 +async/m)
    expect(renderBenchMarkdown(document)).toMatch(/\| server +\| class/)
    expect(reproduceCommand(document)).toContain('tune bench --compare bundled,pm2 app.js')
    expect(answerOf(document).server).toBe('bundled')
  })

  it('keeps the trials of its servers apart, in its pages, its JUnit, its export and against another result', async () => {
    const { document } = await compared()
    const ids = document.cells.flatMap((cell) => trialsOf(cell, document.trials).map(({ id }) => id))
    expect(ids.toSorted((a, b) => a - b)).toEqual(
      document.trials.map(({ id }) => id).toSorted((a, b) => a - b),
    )

    const names = [...renderJunit(document).matchAll(/<testcase [^>]*\bname="([^"]*)"/g)].map(
      ([, name]) => name,
    )
    expect(new Set(names).size).toBe(document.cells.length)
    expect(names).toContain('pm2 with 2 async workers at 16 clients')
    expect(renderHtml(document)).toContain('pm2 with 2 async workers at 16 clients')

    // The same result but for one server, which became slower.
    const slower = {
      ...document,
      trials: document.trials.map((trial) =>
        trial.target.includes('pm2') ? { ...trial, throughputRps: trial.throughputRps / 2 } : trial,
      ),
    }
    const settings = { toolVersion: '0.1.0', margin: 0.05, budgets: [], otherMachine: false }
    const { subjects } = compareResults(document, slower, settings)
    const verdicts = subjects.map(({ server, metrics }) => [
      server,
      metrics.find(({ metric }) => metric === 'rps')?.verdict,
    ])
    expect(subjects).toHaveLength(document.cells.length)
    for (const [server, verdict] of verdicts) expect(verdict).toBe(server === 'pm2' ? 'worse' : 'equivalent')
    expect(subjects.filter(({ main }) => main).map(({ server }) => server)).toEqual(['bundled'])
    const titles = subjects.map((subject) => subjectTitle(subject, {}))
    expect(new Set(titles).size).toBe(subjects.length)
  })

  it('is compared with a result of one server by what that server did', async () => {
    const { document } = await compared()
    const alone = {
      ...document,
      plan: { ...document.plan, servers: undefined },
      cells: document.cells
        .filter(({ server }) => server === 'bundled')
        .map(({ server, ...cell }) => (server === undefined ? cell : cell)),
      trials: document.trials
        .filter(({ target }) => target.includes('bundled'))
        .map((trial) => ({ ...trial, target: trial.target.replace('bundled:', '') })),
    }
    const settings = { toolVersion: '0.1.0', margin: 0.05, budgets: [], otherMachine: false }
    const { subjects, caveats } = compareResults(alone, document, settings)
    expect(new Set(subjects.map(({ server }) => server))).toEqual(new Set(['bundled']))
    expect(subjects).toHaveLength(alone.cells.length)
    expect(caveats.join()).toContain('server tune serve and pm2, tune serve')
    const other = { ...alone, app: { ...alone.app!, server: 'gunicorn' as const } }
    expect(() => compareResults(other, document, settings)).toThrow(/the same server and load/)
  })

  it('names the other server that two results have in common, in every form', async () => {
    const { document } = await compared({}, 1.5)
    const alone = {
      ...document,
      app: { ...document.app!, server: 'pm2' as const },
      plan: { ...document.plan, servers: undefined },
      cells: document.cells.filter(({ server }) => server === 'pm2'),
      trials: document.trials.filter(({ target }) => target.includes('pm2')),
    }
    const settings = { toolVersion: '0.1.0', margin: 0.05, budgets: [], otherMachine: false }
    const comparison = compareResults(alone, alone, settings)
    expect(comparisonDocumentSchema.parse(comparison)).toEqual(comparison)
    expect(comparison.caveats.join()).not.toContain('server')
    expect(comparison.subjects.map((subject) => subjectTitle(subject, {})).join()).toContain(
      'pm2 with 2 async workers',
    )
    expect(renderComparisonJunit(comparison)).toContain('pm2:async-2x1000 at 16 clients')
    expect(renderMetricsReport(comparison)).toContain('configuration="pm2:async-2x1000"')
    const followed = trendSeries([comparison, alone, document]).map(({ subject }) => subject)
    expect(new Set(followed)).toEqual(
      new Set([
        `app.js, ${hostKey(document.cells.find(({ best }) => best)!)}, 16 clients`,
        'app.js under pm2, best of the matrix',
        'app.js, best of the matrix',
      ]),
    )
  })

  it('exports the rule and the memory of the server that was best', async () => {
    const { document } = await compared({}, 1.5)
    const best = document.cells.find((cell) => cell.best)!
    expect(best.server).toBe('pm2')
    const grown = {
      ...document,
      // The rule of the other server would be the faster one, and is not of this one's classes.
      cells: document.cells.map((cell) =>
        cell.heuristic && cell.server !== 'pm2'
          ? { ...cell, throughputRps: { value: 1e6, low: null, high: null } }
          : cell,
      ),
      trials: document.trials.map((trial) =>
        trial.target.includes('pm2') || trial.server === null
          ? trial
          : { ...trial, server: { ...trial.server, rssBytes: 1e12, processes: 1 } },
      ),
    }
    const answer = answerOf(grown)
    expect(answer).toMatchObject({ server: 'pm2', heuristic: { workerClass: 'async' } })
    expect(answer.processBytes).toBeLessThan(1e12)
    expect(provenance(answer).join()).toContain('under pm2. ')
    // A table says what its own rule did.
    const [matrixOfApp] = matricesOf(grown)
    expect(Object.values(matrixOfApp!.rules).map(({ server }) => server)).toEqual(['pm2'])
  })

  it('measures what runs already as one server, and refuses what can run nothing of it', async () => {
    const { document } = await compared({ name: 'url', runsAlready: true })
    expect(document.cells.filter(({ server }) => server === 'url')).toHaveLength(1)
    await expect(compared({ supports: () => false })).rejects.toThrow(/pm2 can run none/)
  })
})
