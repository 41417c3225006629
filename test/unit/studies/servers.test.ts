import { describe, expect, it } from 'vitest'
import { resultDocumentSchema } from '../../../src/result/document.js'
import { reproduceCommand } from '../../../src/report/reproduce.js'
import { assertVaries, serverUnderStudy } from '../../../src/studies/servers.js'
import { async, sync, threaded } from '../../helpers/documents.js'
import { analyzeFake } from '../../helpers/fake-analysis.js'
import { FAKE_REQUEST } from '../../helpers/fakes.js'

const server = (choice: string, app: string | null = 'app.js') =>
  serverUnderStudy(choice, { app, cwd: '/', request: FAKE_REQUEST })

describe('serverUnderStudy', () => {
  it('knows what each can vary', () => {
    const all = [sync(2), threaded(2, 3), async(2), { ...async(2), threads: 2 }]
    const supported = (choice: string) => all.map(server(choice).supports)
    expect(supported('bundled')).toEqual([true, true, true, true])
    expect(supported('gunicorn')).toEqual([true, true, true, false])
    expect(supported('node-cluster')).toEqual([false, false, true, false])
    expect(supported('pm2')).toEqual([false, false, true, false])
    expect(supported('command: puma -w {workers} -t {threads}')).toEqual([true, true, false, false])
    expect(supported('command: x -w {workers} -p {port}')).toEqual([false, false, true, false])
    expect(supported('command: x -p {port}')).toEqual([false, false, false, false])
    expect(server('command: x -p {port}').supports(async(1))).toBe(true)
  })

  it('starts each in its own words', () => {
    const command = (choice: string) => server(choice, 'main:app').startCommand(threaded(3, 4))
    expect(command('gunicorn')).toBe('gunicorn --worker-class gthread --workers 3 --threads 4 main:app')
    expect(command('pm2')).toBe('pm2 start main:app -i 3')
    expect(command('command: puma -w {workers} -t {threads}:{threads} {app}')).toBe(
      'puma -w 3 -t 4:4 main:app',
    )
  })

  it('refuses what it does not know, and what lacks an app', () => {
    expect(() => server('apache')).toThrow(/no server "apache"/)
    expect(() => server('command')).toThrow(/no server "command"/)
    expect(() => server('gunicorn', null)).toThrow(/no app for gunicorn/)
    expect(() => server('url', null)).toThrow(/no address/)
  })

  it('refuses a placeholder that nothing fills in, and leaves other braces alone', () => {
    expect(() => server('command: puma -w {wrokers}')).toThrow(/\{wrokers\}, which nothing fills in/)
    expect(() => server('command: puma -t {thread}')).toThrow(/nothing fills in/)
    expect(() => server('command: python -m http {app}', null)).toThrow(/no app is named/)
    for (const braces of ['{"a":1}', '${HOME}', '%({header}i)s', '{}', '{id}']) {
      expect(server(`command: x --log '${braces}' -p {port}`).name).toBe('command')
    }
  })
})

describe('assertVaries', () => {
  it('refuses a command that always starts the same server, and says how to write it', () => {
    expect(() => assertVaries('command: node app.js --port {port}')).toThrow(
      /no \{workers\}.*nothing to analyze/,
    )
    for (const choice of ['bundled', 'pm2', 'command: x -w {workers}', 'command: x -t {threads}']) {
      expect(() => assertVaries(choice)).not.toThrow()
    }
  })
})

describe('analyze of another server', () => {
  it('proposes only what the server can run, in its own words, beside its own advice', async () => {
    const { document, world } = await analyzeFake({
      ...{ app: { cpuMs: 5, waitMs: 0 }, effectiveCpus: 2, blind: true, noise: 0.005 },
      server: server('pm2'),
    })
    expect(resultDocumentSchema.parse(document)).toEqual(document)
    expect(document.app.server).toBe('pm2')
    const all = document.candidates.map(({ configuration }) => configuration)
    expect(all.length).toBeGreaterThan(1)
    expect(all.every(server('pm2').supports)).toBe(true)
    expect(document.heuristic?.configuration).toMatchObject({ workerClass: 'async', workers: 5 })
    expect(document.recommendation?.configuration.workers).toBe(2)
    expect(document.recommendation?.command).toBe('pm2 start app.js -i 2')
    expect(document.findings[0]).toMatchObject({ id: 'TUNE-SERVER-01', title: 'what PM2 itself advises' })
    expect(reproduceCommand(document)).toContain('tune analyze --server pm2 app.ts')
    const advice = (id: string) => document.findings.find((one) => one.id === id)?.advice
    expect(advice('TUNE-CONN-KEEPALIVE')).toContain('keepAliveTimeout of the HTTP server')
    // Two loops for two cores, each of which is a whole core at most.
    expect(document.workload?.limitedBy).toBe('event-loop')
    expect(advice('TUNE-NEXT')).toMatch(/^CPU runs out/)
    expect(advice('TUNE-RULE-CPU')).toMatch(
      /keeps to it: 5 async workers measured .* against 2 async workers/,
    )
    expect(world.running).toBe(0)
  })

  it('judges what the bundled server would be served with, which are its defaults where nothing else is said', async () => {
    const run = { app: { cpuMs: 5, waitMs: 0 }, effectiveCpus: 2 }
    const settings = {
      ...{ backlog: 8192, keepAliveSeconds: 75, timeoutSeconds: 120, requestTimeoutSeconds: 0 },
      ...{ maxRequests: 0, maxRequestsJitter: 0 },
    }
    const findings = async (served?: typeof settings) => {
      const { document } = await analyzeFake({ ...run, ...(served && { served }) })
      return JSON.stringify(document.findings)
    }
    expect(await findings()).toMatch(/backlog of 2048.*kept for 5 s.*the 30 s after/)
    expect(await findings(settings)).toMatch(/backlog of 8192.*kept for 75 s.*the 120 s after/)
  })

  it('probes a server of threads with one thread, and sizes them by the knee', async () => {
    const puma = server('command: puma -w {workers} -t {threads}:{threads} -p {port}')
    const { document } = await analyzeFake({
      ...{ app: { cpuMs: 2, waitMs: 8, blocking: true }, effectiveCpus: 2, blind: true },
      server: puma,
    })
    expect(document.trials[0]?.configuration).toMatchObject({ workerClass: 'sync', workers: 1 })
    expect(document.workload?.class).toBe('blocking-io')
    const { workers = 0, threads = 0 } = document.recommendation?.configuration ?? {}
    // N(1 + W/C) = 10 requests at a time.
    expect(workers * threads).toBeGreaterThanOrEqual(8)
    expect(document.candidates.every(({ configuration }) => puma.supports(configuration))).toBe(true)
  })

  it('varies the threads of a command that cannot be told its processes', async () => {
    const threads = server('command: serve -t {threads} -p {port}')
    const { document } = await analyzeFake({
      ...{ app: { cpuMs: 2, waitMs: 8, blocking: true }, effectiveCpus: 2, blind: true },
      server: threads,
    })
    const { candidates, heuristic, recommendation } = document
    expect(heuristic?.configuration).toMatchObject({ workerClass: 'threaded', workers: 1, threads: 5 })
    expect(candidates.find(({ control }) => control)?.proposedBy.join()).toContain(
      'one process of this server',
    )
    expect(candidates.length).toBeGreaterThan(1)
    expect(candidates.every(({ configuration }) => threads.supports(configuration))).toBe(true)
    // N(1 + W/C) = 10 requests at a time.
    expect(recommendation?.configuration.threads).toBeGreaterThanOrEqual(10)
  })
})
