import { expect, it } from 'vitest'
import { reproduceCommand, reproduceGate } from '../../../src/report/reproduce.js'
import { describeApp } from '../../../src/studies/subjects.js'
import { failedComparison } from '../../helpers/comparisons.js'
import { benchDocument, ioDocument } from '../../helpers/documents.js'

it('repeats an analysis with app, request, effort and seed', () => {
  const document = ioDocument()
  document.app.spec = 'my app.ts:handler'
  document.request = { method: 'POST', path: '/a?b=1', headers: { 'x-note': "it's" }, body: '{"a":1}' }
  expect(reproduceCommand(document)).toBe(
    `tune analyze 'my app.ts:handler' --method POST --path '/a?b=1' --header 'x-note: it'\\''s' ` +
      `--body '{"a":1}' --budget 60s --seed 42`,
  )
})

it('repeats a matrix as it was asked for', () => {
  expect(reproduceCommand(benchDocument())).toBe(
    'tune bench --matrix --workloads io,cpu --classes sync,threaded,async --workers 2,5 --threads 1 ' +
      '--connections 8,64 --duration 2s --blocks 3 --seed 42',
  )
})

it('repeats a bench of the rule alone as one of the rule alone', () => {
  const document = benchDocument()
  document.plan.axes = { ...document.plan.axes, workers: [], threads: [1], connections: [64] }
  const command = reproduceCommand(document)
  // --matrix would bring its own numbers of workers and threads, and --threads one worker.
  expect(command).not.toMatch(/--matrix|--workers|--threads/)
  expect(command).toContain(' --classes sync,threaded,async --connections 64 ')
})

it('repeats the matrix of an app with its request', () => {
  const document = benchDocument()
  document.app = { spec: 'app.ts', kind: null, loader: null }
  document.request = { ...document.request, path: '/x' }
  expect(reproduceCommand(document)).toMatch(/^tune bench app\.ts --matrix --path \/x --classes/)
})

it('repeats what was told about the machine', () => {
  const document = ioDocument()
  document.machine = {
    ...document.machine,
    effectiveCpus: 0.5,
    effectiveCpusSource: '--cpus',
    memoryLimitBytes: 536_870_912,
    memoryLimitSource: '--memory',
  }
  expect(reproduceCommand(document)).toMatch(/ --cpus 0\.5 --memory 512m --seed 42$/)
})

it('repeats a gate with its baseline, requests, budgets and seed', async () => {
  const document = await failedComparison()
  expect(reproduceGate({ ...document, base: { ...document.base, revision: 'a'.repeat(40) } })).toBe(
    `tune ci app.ts --baseline-ref aaaaaaaaaaaa --worker-class async --workers 2 --worker-connections 1000 --connections 16 --duration ${document.run?.windowSeconds}s --budget 'rps vs baseline >= -5%' --budget 'latency.p99 < 250ms' --budget 'errors.rate < 0.1%' --budget 'warn: memory.pss < 1m' --seed 1`,
  )
  expect(reproduceGate({ ...document, command: 'compare' })).toBeNull()
})

it('repeats a command with its placeholders, and the app beside it', () => {
  const document = ioDocument()
  const own = (app: object) =>
    reproduceCommand({ ...document, app: { ...document.app, server: 'command', ...app } })
  expect(own({ spec: 'node app.js {port}' })).toContain(`--server 'command: node app.js {port}' `)
  const named = own({ spec: 'main:app', template: 'uvicorn {app} --port {port}' })
  expect(named).toContain(`--server 'command: uvicorn {app} --port {port}' main:app`)
  const choice = { app: 'main:app', servers: ['command: uvicorn {app} --port {port}'] }
  expect(describeApp(choice)).toMatchObject({ spec: 'main:app', template: 'uvicorn {app} --port {port}' })
  expect(describeApp({ ...choice, app: null })).not.toHaveProperty('template')
})
