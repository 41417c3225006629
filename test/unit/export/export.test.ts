import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { parseAllDocuments } from 'yaml'
import {
  answerOf,
  EXPORT_FORMAT_NAMES,
  EXPORT_FORMATS,
  undecided,
  type Answer,
} from '../../../src/export/index.js'
import { provenance } from '../../../src/export/answer.js'
import { expectation } from '../../../src/report/sentences.js'
import { formatBytes } from '../../../src/report/format.js'
import { PLAIN_QUESTION } from '../../../src/result/question.js'
import { loopsOf, sameConfiguration, type Configuration } from '../../../src/result/configuration.js'
import type { AnalyzeDocument } from '../../../src/result/document.js'
import { configurations } from '../../helpers/arbitraries.js'
import {
  benchDocument,
  cpuDocument,
  HOSTILE,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
  threaded,
} from '../../helpers/documents.js'

const answer = (configuration?: Configuration, rest: Partial<Answer> = {}): Answer => {
  const from = answerOf(ioDocument())
  return { ...from, ...rest, configuration: configuration ?? from.configuration }
}
const render = (format: keyof typeof EXPORT_FORMATS, from: Answer, port = 8000) =>
  EXPORT_FORMATS[format].render(from, port)

/** What `require` of the file would give. */
function ecosystem(text: string): { apps: Record<string, unknown>[] } {
  const module = { exports: {} as unknown }
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- evaluating the file is the test
  new Function('module', text)(module)
  return module.exports as ReturnType<typeof ecosystem>
}

const yamlDocuments = (text: string) =>
  parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([])
    expect(document.warnings).toEqual([])
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests say which fields there must be
    return document.toJS() as Record<string, any>
  })

describe('answerOf', () => {
  it('holds what was asked, so that whoever reads the file knows what the answer is the best of', () => {
    const document = ioDocument()
    const question = {
      ...document.plan.question,
      ...PLAIN_QUESTION,
      targetRps: 500,
      maxMemoryBytes: 32 * 2 ** 20,
    }
    const asked = answerOf({ ...document, plan: { ...document.plan, question } })
    // The answer takes more than that: no limit is made of that.
    expect(asked.mostBytes).toBeNull()
    expect(provenance(asked).join('\n')).toContain(
      'Asked for: the cheapest that carries 500 req/s; at most 32.0 MiB.',
    )
    const plain = { ...document, plan: { ...document.plan, question: PLAIN_QUESTION } }
    expect(provenance(answerOf(plain)).join('\n')).not.toContain('Asked for')
  })

  it('says of the rule that memory has cut that it is not the whole rule', () => {
    const document = ioDocument()
    const heuristic = {
      ...document.heuristic!,
      configuration: { ...document.heuristic!.configuration, workers: 1 },
    }
    expect(answerOf({ ...document, heuristic }).comparison).toMatch(
      /the rule 2N\+1 \(.*, as far as memory allows\)/,
    )
  })

  it('is the recommendation of an analysis, with the rule to go back to', () => {
    const document = ioDocument()
    const found = answerOf(document)
    expect(found.configuration).toEqual(document.recommendation?.configuration)
    expect(found.heuristic).toEqual(document.heuristic?.configuration)
    expect(found.throughputRps).toBe(document.recommendation?.expected.throughputRps?.value)
    expect(found.memoryEvidence).toBe('measured')
  })

  it('is the best cell of the named workload of a matrix', () => {
    const document = benchDocument()
    const name = document.plan.workloads[0]!.name
    const best = document.cells.find((cell) => cell.workload === name && cell.best)
    expect(answerOf(document, { workload: name }).configuration).toEqual(best?.configuration)
    expect(() => answerOf(document, { workload: 'nope' })).toThrow(/no workload "nope"/)
    if (document.plan.workloads.length > 1) expect(() => answerOf(document)).toThrow(/an answer of its own/)
  })

  it('does not call a server the rule that was not measured with it', () => {
    const document = benchDocument()
    const { name } = document.plan.workloads[0]!
    for (const cell of document.cells) cell.heuristic = false
    const found = answerOf(document, { workload: name })
    expect(found.heuristic).toBeNull()
    expect(found.comparison).toBe('The rule 2N+1 was not measured with this server.')
    expect(provenance(found).at(-1)).toBe('Rollback: put back the previous version of this file.')
  })

  it('says in words what was not measured, and no rule to go back to where it is the answer', () => {
    const document = inconclusiveDocument()
    const { recommendation } = document
    const unknown = {
      ...document,
      recommendation: {
        ...recommendation!,
        connections: 128,
        expected: { ...recommendation!.expected, throughputRps: null },
      },
    }
    const head = provenance(answerOf(unknown)).join('\n')
    expect(head).toContain(': how many per second it carries with 128 connections was not measured.')
    expect(head).not.toContain('unknown')
    expect(head).toContain('NOT MEASURED: no trial')
    expect(undecided(unknown)).toHaveLength(2)
    expect(undecided(document).join()).toMatch(/^INCONCLUSIVE/)
    expect(undecided(ioDocument())).toEqual([])
    const from = answerOf(ioDocument())
    const rollback = (heuristic: Configuration) => provenance({ ...from, heuristic }).at(-1)
    expect(rollback(from.configuration)).toBe('Rollback: put back the previous version of this file.')
    expect(rollback(threaded(2, 2))).toContain('the rule of thumb is threaded-2x2')
  })

  it('warns of an inconclusive result, models the memory, and refuses a result without an answer', () => {
    const unsure = answerOf(inconclusiveDocument())
    expect(unsure.caveats.join()).toContain('INCONCLUSIVE')
    // The rule is kept; what looked better was another one, and its effect is not that of this answer.
    expect(unsure.comparison).toBe('It is the rule 2N+1 (sync-5) itself.')
    const looked = inconclusiveDocument()
    looked.heuristic!.effect = { ratio: 6.8, low: null, high: null, blocks: 1 }
    expect(answerOf(looked).comparison).toBe(unsure.comparison)
    expect(unsure.memoryEvidence).not.toBe('measured')
    expect(unsure.memoryBytes).toBeGreaterThan(10e6)
    expect(() => answerOf({ ...interruptedDocument(), recommendation: null })).toThrow(
      expect.objectContaining({ code: 'TUNE_E_NO_ANSWER', exit: 5 }),
    )
  })
})

/** A result whose servers shared pages: PSS is less than what each needs by itself. */
const shared = () => {
  const document = ioDocument()
  const { configuration, expected } = document.recommendation!
  const alone = 3 * expected.pssBytes!
  Object.assign(expected, { aloneBytes: alone })
  const rss = configuration.workers * 90e6
  const own = document.trials.filter((trial) => sameConfiguration(trial.configuration, configuration))
  for (const { server } of own) Object.assign(server!, { rssBytes: rss, processes: configuration.workers })
  return { document, alone, trials: own.length }
}

describe('memory', () => {
  it('is what the server takes by itself, in every limit', () => {
    const { document, alone } = shared()
    const found = answerOf(document)
    expect(found.memoryBytes).toBe(alone)
    const limit = Math.ceil((2 * alone) / 2 ** 20)
    expect(render('docker', found)).toContain(`--memory ${limit}m`)
    expect(render('compose', found)).toContain(`mem_limit: ${limit}m`)
    expect(render('systemd', found)).toContain(`MemoryMax=${limit}M`)
    expect(render('kubernetes', found)).toContain(`memory: ${limit}Mi`)
  })

  it('is the same in the report and in what is exported', () => {
    const { document, alone } = shared()
    expect(expectation(document)).toContain(formatBytes(alone))
    expect(render('docker', answerOf(document))).toContain(formatBytes(alone))
  })

  it('is the resident set of one process for PM2, which looks at each by itself', () => {
    const { document, trials } = shared()
    expect(trials).toBeGreaterThan(0)
    const found = { ...answerOf(document), app: 'app.js', appKind: 'listen()' }
    expect(found.processBytes).toBe(90e6)
    const [app] = ecosystem(render('pm2', found)).apps
    expect(app?.max_memory_restart).toBe(`${Math.ceil(180e6 / 2 ** 20)}M`)
  })

  it('is that of the whole server for PM2 above tune serve, whose parent it looks at', () => {
    const { document, alone } = shared()
    const [app] = ecosystem(render('pm2', answerOf(document))).apps
    expect(app).toMatchObject({
      exec_mode: 'fork',
      max_memory_restart: `${Math.ceil((2 * alone) / 2 ** 20)}M`,
    })
  })

  it('leaves out what a worker has started, for PM2 looks at the worker', () => {
    const document = ioDocument()
    const { processBytes } = answerOf(document)
    const memory = document.memory!
    const beside = { perWorkerBytes: memory.perWorkerBytes + 300e6, helperBytes: 300e6 }
    expect(answerOf({ ...document, memory: { ...memory, ...beside } }).processBytes).toBe(processBytes)
  })

  it('never lets PM2 restart a worker that only runs, where nothing was read of it', () => {
    const found = { ...answerOf(ioDocument()), app: 'app.js', appKind: 'listen()' }
    const { sharedBytes = 0, perWorkerBytes } = ioDocument().memory!
    expect(found.processBytes).toBeGreaterThanOrEqual(sharedBytes + perWorkerBytes)
  })
})

describe('every format', () => {
  it.each(EXPORT_FORMAT_NAMES)(
    '%s says where it comes from, what it assumes and how to go back',
    (format) => {
      for (const document of [ioDocument(), cpuDocument(), inconclusiveDocument()]) {
        const text = render(format, answerOf(document))
        for (const part of ['Written by tune', document.name, 'Assumes:', 'Rollback:', 'the rule 2N+1']) {
          expect(text).toContain(part)
        }
        expect(text).not.toMatch(/undefined|null|NaN|\[object/)
        expect(text.endsWith('\n')).toBe(true)
      }
    },
  )

  it.each(EXPORT_FORMAT_NAMES)('%s lets nothing out of its comments and strings', (format) => {
    const from = {
      ...answerOf(hostileDocument()),
      app: `${HOSTILE}.mjs`,
      resultName: HOSTILE,
      appKind: 'listen()',
    }
    const text = render(format, from)
    expect(text).not.toContain('\u001b')
    // Whatever the app is called, the file has the same lines as for a harmless name, wrapping aside.
    const settings = (one: string) =>
      one
        .split('\n')
        .filter(
          (line) => !/^\s*(#|\/\/)/.test(line) && !/script|args|command|CMD|ExecStart|wsgi_app/.test(line),
        )
    expect(settings(text)).toEqual(settings(render(format, { ...from, app: 'a.mjs', resultName: 'r' })))
  })
})

describe("libuv's pool", () => {
  const pooled = answer({
    workerClass: 'async',
    workers: 1,
    threads: 1,
    workerConnections: 1000,
    threadPool: 8,
  })
  const plain = answer({ workerClass: 'async', workers: 1, threads: 1, workerConnections: 1000 })

  it('is in the environment of the processes, wherever a file has one', () => {
    const env = (name: 'pm2', from: Answer) => ecosystem(render(name, from)).apps[0]?.env
    expect(env('pm2', pooled)).toEqual({ NODE_ENV: 'production', PORT: '8000', UV_THREADPOOL_SIZE: '8' })
    expect(env('pm2', plain)).toEqual({ NODE_ENV: 'production', PORT: '8000' })
    const [compose] = yamlDocuments(render('compose', pooled))
    expect(compose?.services.app.environment).toEqual({ NODE_ENV: 'production', UV_THREADPOOL_SIZE: '8' })
    expect(compose?.services.app.cpus).toBe(pooled.effectiveCpus)
    const [deployment] = yamlDocuments(render('kubernetes', pooled))
    const [container] = deployment?.spec.template.spec.containers
    expect(container.env).toEqual([{ name: 'UV_THREADPOOL_SIZE', value: '8' }])
    expect(container.ports).toHaveLength(1)
    expect(render('systemd', pooled)).toMatch(/^Environment=UV_THREADPOOL_SIZE=8\nExecStart=/m)
    expect(render('docker', pooled)).toMatch(/^ENV UV_THREADPOOL_SIZE=8\nEXPOSE 8000$/m)
    expect(render('env', pooled)).toMatch(/^UV_THREADPOOL_SIZE=8$/m)
    expect(render('tune', pooled)).toContain("\n    env: { UV_THREADPOOL_SIZE: '8' },\n")
    expect(render('gunicorn', pooled).replaceAll('\n# ', ' ')).toContain('no such pool in Python')
    for (const format of EXPORT_FORMAT_NAMES) {
      expect(render(format, plain)).not.toMatch(/UV_THREADPOOL_SIZE|no such pool/)
    }
  })
})

describe('pm2', () => {
  it('runs a module that listens in cluster mode, one process per event loop', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const [app] = ecosystem(
          render('pm2', answer(configuration, { app: 'app.js', appKind: 'listen()' })),
        ).apps
        expect(app).toMatchObject({
          script: 'app.js',
          exec_mode: 'cluster',
          instances: loopsOf(configuration),
        })
      }),
    )
  })

  it('supervises tune serve for an app that does not listen', () => {
    const [app] = ecosystem(
      render('pm2', answer(threaded(3, 3), { app: 'app.ts', appKind: 'Hono' }), 81),
    ).apps
    expect(app).toMatchObject({ exec_mode: 'fork', interpreter: 'none', instances: 1, treekill: false })
    expect(app?.args).toEqual([
      ...['serve', 'app.ts', '--bind', '0.0.0.0:81', '--worker-class', 'threaded'],
      ...['--workers', '3', '--threads', '3'],
    ])
  })
})

describe('a result of another server', () => {
  const of = (server: NonNullable<AnalyzeDocument['app']['server']>, command: string) => {
    const document = ioDocument()
    document.app = { spec: 'main:app', kind: null, loader: null, server }
    document.recommendation!.command = command
    return answerOf(document)
  }
  const cmd = (from: Answer) => JSON.parse(/^CMD (.*)$/m.exec(render('docker', from, 81))![1]!) as string[]

  it('starts the command that was measured, at the address of the export', () => {
    const from = of('command', "puma -w 2 -b 'tcp://{host}:{port}' 'my app.ru'")
    const words = ['env', 'HOST=0.0.0.0', 'PORT=81', 'puma', '-w', '2', '-b', 'tcp://0.0.0.0:81', 'my app.ru']
    expect(cmd(from)).toEqual(words)
    const [app] = ecosystem(render('pm2', from, 81)).apps
    expect([app?.script, ...(app?.args as string[])]).toEqual(words)
    for (const format of EXPORT_FORMAT_NAMES) expect(render(format, from)).not.toContain('serve main:app')
  })

  it('has PM2 supervise Gunicorn, as tune serve takes no app of Python', () => {
    const [app] = ecosystem(render('pm2', of('gunicorn', 'gunicorn main:app'), 81)).apps
    expect(app).toMatchObject({ script: 'gunicorn', interpreter: 'none' })
    expect(app?.args).toContain('main:app')
  })

  it('refuses one that was measured as it ran, and a matrix without its command', () => {
    const as = (server: 'url' | 'command') => {
      const document = benchDocument()
      const name = document.plan.workloads[0]!.name
      for (const cell of document.cells) cell.server = server
      return answerOf(document, { workload: name })
    }
    expect(() => as('url')).toThrow(expect.objectContaining({ code: 'TUNE_E_NO_ANSWER', exit: 5 }))
    expect(() => render('docker', as('command'))).toThrow(/does not hold the command line/)
  })
})

describe('docker and compose', () => {
  it('start the same command in exec form', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const from = answer(configuration)
        const cmd = JSON.parse(/^CMD (.*)$/m.exec(render('docker', from))![1]!) as string[]
        const [compose] = yamlDocuments(render('compose', from))
        expect(compose?.services.app.command).toEqual(cmd)
        expect(cmd.slice(0, 2)).toEqual(['tune', 'serve'])
        expect(cmd[cmd.indexOf('--workers') + 1]).toBe(String(configuration.workers))
      }),
    )
  })

  it('start gunicorn with its own class names where that was measured', () => {
    const text = render('docker', answer(threaded(3, 4), { server: 'gunicorn', app: 'main:app' }))
    expect(text).toContain('FROM python')
    expect(text).toContain('"--worker-class","gthread","--workers","3","--threads","4","main:app"]')
  })
})

describe('systemd', () => {
  it('waits for the word of a server that says when it is ready, and for no other', () => {
    expect(render('systemd', answer())).toContain('\nType=notify\nNotifyAccess=all\nWatchdogSec=30\n')
    expect(render('systemd', answer(threaded(2, 4), { server: 'gunicorn', app: 'main:app' }))).toContain(
      '\nType=exec\n',
    )
  })
})

describe('kubernetes', () => {
  it('requests what was measured, and scales where a pod is full', () => {
    const [deployment, service, scaler] = yamlDocuments(render('kubernetes', answer()))
    expect([deployment?.kind, service?.kind, scaler?.kind]).toEqual([
      'Deployment',
      'Service',
      'HorizontalPodAutoscaler',
    ])
    const pod = deployment?.spec.template.spec
    const [container] = pod.containers
    expect(container.resources.requests.cpu).toBe('2')
    expect(container.resources.limits.cpu).toBe('2')
    expect(Number.parseInt(container.resources.limits.memory)).toBeGreaterThan(
      Number.parseInt(container.resources.requests.memory),
    )
    const preStop = Number(container.lifecycle.preStop.exec.command[1])
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + 30)
    expect(scaler?.spec.scaleTargetRef.name).toBe(deployment?.metadata.name)
    expect(service?.spec.selector).toEqual(deployment?.spec.template.metadata.labels)
  })

  it('sets the CPU at which another pod comes by what a full pod uses', () => {
    const target = (rest: Partial<Answer>) =>
      yamlDocuments(render('kubernetes', answer(undefined, rest)))[2]?.spec.metrics[0].resource.target
        .averageUtilization as number
    const half = target({ throughputRps: 1000, cpuMsPerRequest: 1, effectiveCpus: 2 })
    expect(half).toBe(35)
    expect(target({ throughputRps: 2000, cpuMsPerRequest: 1, effectiveCpus: 2 })).toBe(70)
    // A pod that waits is full at a few per cent, which an idle one has too.
    expect(target({ throughputRps: 1, cpuMsPerRequest: 0.01 })).toBe(70)
    expect(target({ throughputRps: null })).toBe(70)
  })

  it('does not call the one request of a sync worker what runs out, where its loop computes', () => {
    const sync = { ...ioDocument().recommendation!.configuration, workerClass: 'sync' as const, workers: 1 }
    const text = (cpuMsPerRequest: number, rest: Partial<Answer> = {}) =>
      render(
        'kubernetes',
        answer(rest.configuration ?? sync, { throughputRps: 82, cpuMsPerRequest, effectiveCpus: 2, ...rest }),
      ).replaceAll(/\n *# /g, ' ')
    expect(text(10)).toContain('What runs out is CPU all the same: its one event loop computes')
    expect(text(10, { workloadClass: 'offloop-cpu' })).toContain('What runs out are the threads that compute')
    // Threads of a Python process take turns.
    const threaded = { ...sync, workerClass: 'threaded' as const, threads: 4 }
    expect(text(10, { configuration: threaded })).toContain('What runs out is the 4 requests')
    expect(text(10, { configuration: threaded, server: 'gunicorn' })).toContain('its one worker computes')
    expect(text(10)).not.toContain('takes at once')
    expect(text(5)).toContain('What runs out is the one request that a pod takes at once')
  })

  it('writes a part of a CPU in thousandths', () => {
    const [deployment] = yamlDocuments(render('kubernetes', answer(undefined, { effectiveCpus: 0.5 })))
    expect(deployment?.spec.template.spec.containers[0].resources.limits.cpu).toBe('500m')
  })
})

describe('nginx', () => {
  it('keeps no connections to sync workers, and never more than the app has slots for', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const kept = /^ {4}keepalive (\d+);$/m.exec(render('nginx', answer(configuration)))
        if (configuration.workerClass === 'sync') expect(kept).toBeNull()
        else if (configuration.workerClass === 'threaded') {
          expect(Number(kept?.[1])).toBeLessThanOrEqual(loopsOf(configuration))
        } else expect(Number(kept?.[1])).toBeGreaterThan(0)
      }),
    )
  })
})
