import { describe, expect, it } from 'vitest'
import { answerOf, EXPORT_FORMAT_NAMES, EXPORT_FORMATS, type Answer } from '../../../src/export/index.js'
import { appliedConfig } from '../../../src/export/applied-config.js'
import type { Finding } from '../../../src/result/analysis.js'
import { ioDocument } from '../../helpers/documents.js'

const leak: Finding = {
  ...{ id: 'TUNE-APP-LEAK', level: 'warn', title: 'Memory grows with every request' },
  ...{ observed: '20 KiB a request', rule: 'no growth', advice: 'Find the leak.', evidence: 'measured' },
  recycle: { maxRequests: 12_118, maxRequestsJitter: 1212 },
}
const leaking = (rest: Partial<Answer> = {}): Answer => ({
  ...answerOf({ ...ioDocument(), findings: [leak] }),
  ...rest,
})
const render = (format: keyof typeof EXPORT_FORMATS, answer: Answer) =>
  EXPORT_FORMATS[format].render(answer, 8000)
/** Comments are wrapped. */
const flat = (text: string) => text.replaceAll(/\n(?:#|\/\/) /g, ' ')
const WARNING = /WARNING: memory grows .*20 KiB a request.* about 12118 requests/
const WRITTEN = /Memory grows .*20 KiB a request.* replaced after 12118 to 13330 requests/

describe('an answer whose app leaks', () => {
  it('replaces its workers in every file that starts them, and says why', () => {
    const settings = {
      ...{ tune: /maxRequests: 12118,\s+maxRequestsJitter: 1212,/, env: /TUNE_MAX_REQUESTS=12118\n/ },
      gunicorn: /max_requests = 12118\nmax_requests_jitter = 1212\n/,
      ...{ systemd: /--max-requests 12118 --max-requests-jitter 1212/, docker: /"--max-requests","12118"/ },
      compose: /"--max-requests", "12118"/,
      kubernetes: /"--max-requests", "12118"/,
    } as const
    for (const [format, setting] of Object.entries(settings)) {
      const text = render(format as keyof typeof settings, leaking())
      expect(text, format).toMatch(setting)
      expect(flat(text), format).toMatch(WRITTEN)
      expect(flat(text), format).not.toContain('WARNING')
    }
    const supervised = render('pm2', leaking({ app: 'app.ts' }))
    expect(supervised).toContain('"--max-requests", "12118"')
    expect(flat(supervised)).toMatch(WRITTEN)
    const gunicorn = leaking({ server: 'gunicorn', app: 'main:app' })
    expect(render('env', gunicorn)).toMatch(/GUNICORN_CMD_ARGS=".*--max-requests=12118 /)
    expect(render('systemd', gunicorn)).toMatch(/--max-requests 12118 --max-requests-jitter 1212 main:app/)
  })

  it('warns in every file that has no such setting', () => {
    const command = leaking({ server: 'command', command: 'server --port {port}' })
    const files = {
      ...{ nginx: render('nginx', leaking()), systemd: render('systemd', command) },
      ...{ env: render('env', leaking({ server: 'pm2' })), command: render('env', command) },
    }
    for (const [name, text] of Object.entries(files)) {
      expect(flat(text), name).toMatch(WARNING)
      expect(text, name).not.toMatch(/max-requests|MAX_REQUESTS/)
    }
  })

  it('warns in every file where recycling would not help', () => {
    const { recycle, ...rest } = leak
    expect(recycle).toBeDefined()
    const hopeless = { ...rest, advice: 'Recycling does not help: take fewer.' }
    const answer = answerOf({ ...ioDocument(), findings: [hopeless] })
    for (const format of EXPORT_FORMAT_NAMES) {
      const text = flat(render(format, answer))
      expect(text, format).toMatch(
        /WARNING: memory grows .*20 KiB a request\)\. Recycling does not help: take fewer\./,
      )
      expect(text, format).not.toMatch(/max_?-?requests/i)
    }
    expect(flat(appliedConfig(answer, { serve: {}, budgets: [], ci: {} }, 'rm it'))).toContain('take fewer.')
  })

  it('says of PM2 in cluster mode that it looks at memory, and counts no requests', () => {
    const text = flat(render('pm2', leaking({ server: 'pm2' })))
    expect(text).toMatch(
      /WARNING: memory grows .*counts no requests.*max_memory_restart.* about 12118 requests/,
    )
    expect(text).not.toContain('nothing in this file replaces workers')
    expect(text).toContain('max_memory_restart: ')
  })

  it('is applied with the setting, unless the file replaces workers sooner', () => {
    const apply = (serve: Record<string, unknown>) =>
      appliedConfig(leaking(), { serve, budgets: [], ci: {} }, 'rm it')
    expect(apply({})).toMatch(/maxRequests: 12118,\s+maxRequestsJitter: 1212,/)
    expect(flat(apply({}))).toMatch(WRITTEN)
    expect(apply({ maxRequests: 0 })).toContain('maxRequests: 12118,')
    // With its jitter: it is added, and that of the finding would make them wait again.
    expect(apply({ maxRequests: 500, maxRequestsJitter: 50 })).toMatch(
      /maxRequests: 500,\s+maxRequestsJitter: 50,/,
    )
    expect(apply({ maxRequests: 500 })).toMatch(/maxRequests: 500,\s+maxRequestsJitter: 0,/)
    expect(flat(apply({ maxRequests: 500 }))).toContain('replaced after 500 requests')
    expect(apply({ maxRequests: 500, maxRequestsJitter: 90_000 })).toContain('maxRequests: 12118,')
    // What the run before applied, of the same leak: two runs measure it a little differently.
    expect(apply({ maxRequests: 13_000, maxRequestsJitter: 1300 })).toContain('maxRequests: 13000,')
    expect(apply({ maxRequests: 15_500, maxRequestsJitter: 1600 })).toContain('maxRequests: 12118,')
  })

  it('is another than one whose app does not leak: nothing is said', () => {
    for (const format of EXPORT_FORMAT_NAMES) {
      expect(render(format, answerOf(ioDocument()))).not.toMatch(/grows with|max.?requests/i)
    }
  })
})
