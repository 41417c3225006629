import { describe, expect, it } from 'vitest'
import { renderBenchMarkdown } from '../../../src/report/markdown/bench.js'
import { reproduceCommand } from '../../../src/report/reproduce.js'
import { renderBenchTerminal } from '../../../src/report/terminal/bench.js'
import type { Configuration } from '../../../src/result/configuration.js'
import { resultDocumentSchema } from '../../../src/result/document.js'
import { matrix, type MatrixSettings, type Subject } from '../../../src/studies/matrix.js'
import { answerOf } from '../../../src/export/index.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine } from '../../helpers/fakes.js'

const asyncOnly = ({ workerClass }: Configuration): boolean => workerClass === 'async'
const quiet = () => undefined

/** The second server does the same work at 80 % of the speed. */
async function compared(given: Partial<Subject['servers'][number]> = {}) {
  const app = { cpuMs: 5, waitMs: 0 }
  const world = new FakeWorld({ app, effectiveCpus: 2, noise: 0.005 })
  const slow = new FakeWorld({ app, effectiveCpus: 2, noise: 0.005, scale: () => 0.8 })
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

  it('measures what runs already as one server, and refuses what can run nothing of it', async () => {
    const { document } = await compared({ name: 'url', runsAlready: true })
    expect(document.cells.filter(({ server }) => server === 'url')).toHaveLength(1)
    await expect(compared({ supports: () => false })).rejects.toThrow(/pm2 can run none/)
  })
})
