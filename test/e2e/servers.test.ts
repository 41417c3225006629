import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resultDocumentSchema, type AnalyzeDocument, type BenchDocument } from '../../src/result/document.js'
import { freePort } from '../../src/targets/free-port.js'
import { runTune, startTune } from '../helpers/cli.js'
import { hasTool, SYSTEM_PATH } from '../helpers/tools.js'

const FIXTURES = resolve(import.meta.dirname, '../integration/fixtures')
const hasFlask = hasTool('gunicorn') && hasTool('/usr/bin/python3', '-c', 'import flask, gevent')
const LISTENING = 'listening-app.mjs'

let out: string
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'tune-servers-')), 'report')
})
afterEach(() => rmSync(resolve(out, '..'), { recursive: true }))

const options = { cwd: FIXTURES, env: { PATH: SYSTEM_PATH, PYTHONDONTWRITEBYTECODE: '1' } }
const tune = (...args: string[]) => runTune([...args, '--quiet', '--out', out], options)

function written(): unknown {
  return resultDocumentSchema.parse(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')))
}

describe.skipIf(!hasFlask)('gunicorn (skipped without gunicorn and python3-flask)', () => {
  it('analyze: a waiting Flask app needs greenlets or threads, and the answer exports', async () => {
    const done = await tune(
      'analyze',
      '--server',
      'gunicorn',
      'flask_app:app',
      '--path',
      '/wait',
      '--budget',
      '20s',
    )
    expect([0, 5], done.stderr).toContain(done.code)
    expect(done.left).toEqual([])
    const { workload, app, candidates, findings, recommendation } = written() as AnalyzeDocument
    expect(app.server).toBe('gunicorn')
    expect(workload?.class).toBe('async-io')
    expect(workload?.reasons.join()).toContain('tells nothing of its event loops')
    const rps = (key: string) => candidates.find((one) => one.key === key)?.throughputRps?.value ?? 0
    // One request at a time and 10 ms of waiting: 2N+1 workers carry at most 100 each.
    const sync = candidates.find(({ configuration }) => configuration.workerClass === 'sync')
    expect(sync?.throughputRps?.value).toBeLessThan(100 * (sync?.configuration.workers ?? 0))
    const fastest = Math.max(...candidates.map(({ key }) => rps(key)))
    expect(fastest).toBeGreaterThan(2 * (sync?.throughputRps?.value ?? Infinity))
    expect(recommendation?.command).toMatch(/^gunicorn --worker-class \w+ --workers \d+ .*flask_app:app$/)
    expect(findings.map(({ title }) => title)).toContain('what Gunicorn itself advises')
    const exported = await runTune(['export', out, '--to', 'gunicorn'])
    expect(exported.stdout).toContain('wsgi_app = "flask_app:app"')
  })
})

describe.skipIf(!hasTool('pm2-runtime'))('pm2 (skipped without pm2-runtime)', () => {
  it('analyze: recommends a number of instances, beside what PM2 advises, and leaves no daemon', async () => {
    const done = await tune(
      ...['analyze', '--server', 'pm2', LISTENING, '--path', '/burn', '--budget', '20s'],
    )
    expect([0, 5], done.stderr).toContain(done.code)
    expect(done.left).toEqual([])
    const { app, candidates, findings, recommendation, trials } = written() as AnalyzeDocument
    expect(app.server).toBe('pm2')
    expect(recommendation?.command).toMatch(/^pm2 start listening-app\.mjs -i \d+$/)
    expect(findings.map(({ title }) => title)).toContain('what PM2 itself advises')
    // One event loop for each process is all that it can run.
    for (const { configuration } of candidates.filter(({ outcome }) => outcome !== 'excluded')) {
      expect(configuration).toMatchObject({ workerClass: 'async', threads: 1 })
    }
    for (const { server } of trials) expect(server?.cpuSecondsPerRequest).toBeGreaterThan(0)
  })
})

describe('bench', () => {
  it('compares servers in one run, and leaves none', async () => {
    const done = await tune(
      ...['bench', LISTENING, '--path', '/burn', '--compare', 'bundled,node-cluster'],
      ...[
        '--classes',
        'async',
        '--workers',
        '1',
        '--connections',
        '8',
        '--blocks',
        '2',
        '--duration',
        '0.5s',
      ],
    )
    expect(done.code, done.stderr).toBe(0)
    expect(done.left).toEqual([])
    const { cells, plan, trials } = written() as BenchDocument
    expect(plan.servers).toEqual(['bundled', 'node-cluster'])
    expect(cells.map(({ server }) => server).sort()).toEqual([
      ...['bundled', 'bundled', 'node-cluster', 'node-cluster'],
    ])
    const cluster = trials.filter(({ target }) => target.includes('node-cluster'))
    expect(cluster.length).toBeGreaterThan(0)
    for (const { server } of cluster) expect(server?.cpuSecondsPerRequest).toBeGreaterThan(0)
    expect(done.stdout).toMatch(/server +class/)
  })

  it('measures what runs already, and leaves it running', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const running = startTune(['serve', LISTENING, '--bind', `127.0.0.1:${port}`], options)
    try {
      await running.printed('Ready:')
      const done = await tune(
        ...['bench', '--server', 'url', url, '--path', '/wait', '--connections', '2'],
        ...['--blocks', '1', '--duration', '0.5s'],
      )
      expect(done.code, done.stderr).toBe(0)
      expect((written() as BenchDocument).cells).toMatchObject([{ server: 'url', load: { connections: 2 } }])
      expect((await fetch(url)).status).toBe(200)
    } finally {
      running.reap()
      await running.finished
    }
  })
})
