import { beforeEach, describe, expect, it } from 'vitest'
import {
  createProgress,
  progressMode,
  type Progress,
  type ProgressMode,
} from '../../../src/report/progress.js'
import type { TrialFinished } from '../../../src/report/progress-events.js'

let nowMs = 0
let output = ''
beforeEach(() => {
  nowMs = 1000
  output = ''
})

function start(mode: ProgressMode, columns?: number): Progress {
  const stream = {
    isTTY: mode === 'tty',
    columns,
    write: (text: string) => {
      output += text
    },
  }
  return createProgress({ stream, mode, now: () => nowMs })
}

const finished = (number: number, rest: Partial<TrialFinished> = {}): TrialFinished => ({
  number,
  total: 6,
  target: 'async-2x1000',
  connections: 64,
  throughputRps: 1930,
  p99Us: 41_200,
  validity: { ok: true, reasons: [] },
  ...rest,
})

/** A whole little run: two phases, an invalid trial, a note. */
function run(progress: Progress): void {
  progress.phase('probe')
  nowMs += 1500
  progress.trialStarted({ number: 1, total: null, target: 'async-1x1000', connections: 1 })
  nowMs += 1000
  progress.trialFinished(
    finished(1, { total: null, target: 'async-1x1000', connections: 1, throughputRps: 48.5, p99Us: null }),
  )
  progress.phase('race')
  for (const [index, throughputRps] of [1930, 240, 2500].entries()) {
    const number = index + 1
    const target = index === 1 ? 'sync-5' : 'async-2x1000'
    progress.trialStarted({ number, total: 6, target, connections: 64 })
    nowMs += 2000
    const ok = index !== 2
    const validity = { ok, reasons: ok ? [] : [{ id: 'generator-saturated' }] }
    progress.trialFinished(finished(number, { target, throughputRps, validity }))
  }
  progress.note('sync-5 is dropped')
  progress.done()
}

it('is one line per phase, trial and note in a log', () => {
  run(start('log'))
  expect(output).toMatchInlineSnapshot(`
    "[0:00] probe
    [0:03] probe trial 1: async-1x1000 at 1 client: 48.5 req/s
    [0:03] race
    [0:05] race trial 1 of 6: async-2x1000 at 64 clients: 1,930 req/s, p99 41.2 ms
    [0:07] race trial 2 of 6: sync-5 at 64 clients: 240 req/s, p99 41.2 ms
    [0:09] race trial 3 of 6: async-2x1000 at 64 clients: 2,500 req/s, p99 41.2 ms (not believed: generator-saturated)
    [0:09] sync-5 is dropped
    "
  `)
  expect(output).not.toMatch(/[\r\u001b]/)
})

it('writes nothing when quiet', () => {
  run(start('quiet'))
  expect(output).toBe('')
})

describe('on a terminal', () => {
  it('is one block that is rewritten; only notes stay', () => {
    run(start('tty', 80))
    expect(screen(output)).toEqual(['sync-5 is dropped', ''])
  })

  it('shows phase, position, time left, the trial under way, the last and the best', () => {
    const progress = start('tty', 80)
    progress.phase('race')
    for (const number of [1, 2]) {
      progress.trialStarted({ number, total: 6, target: 'sync-5', connections: 64 })
      nowMs += 2000
      progress.trialFinished(finished(number, { target: 'sync-5', throughputRps: 240 + number, p99Us: 950 }))
    }
    progress.trialStarted({ number: 3, total: 6, target: 'async-2x1000', connections: 64 })
    expect(screen(output).join('\n')).toMatchInlineSnapshot(`
      "race   trial 3 of 6   elapsed 0:04   about 8 s left
        now   async-2x1000 at 64 clients, 0:00
        last  sync-5 at 64 clients: 242 req/s, p99 950 µs
        rate  ██ req/s
        best  sync-5: 242 req/s
      "
    `)
  })

  it('is drawn by the clock too, until it is done', () => {
    let tick = (): void => undefined
    let stopped = 0
    const stream = { isTTY: true, columns: 80, write: (text: string) => (output += text) }
    const every = (draw: () => void) => {
      tick = draw
      return () => stopped++
    }
    const progress = createProgress({ stream, mode: 'tty', now: () => nowMs, every })
    progress.phase('boot')
    nowMs += 3000
    tick()
    expect(screen(output)[0]).toBe('boot   elapsed 0:03')
    progress.trialStarted({ number: 1, total: 6, target: 'sync-5', connections: 64 })
    nowMs += 2000
    tick()
    expect(screen(output)).toContain('  now   sync-5 at 64 clients, 0:02')
    progress.done()
    expect(stopped).toBe(1)
    const before = output
    tick()
    expect(output).toBe(before)
  })

  it('draws the latest believed rates of the phase as bars', () => {
    const progress = start('tty', 80)
    progress.phase('race')
    for (const [index, throughputRps] of [100, 800, 400, 0].entries()) {
      progress.trialFinished(finished(index + 1, { throughputRps }))
    }
    progress.trialFinished(
      finished(5, { throughputRps: 9000, validity: { ok: false, reasons: [{ id: 'errors' }] } }),
    )
    expect(screen(output)).toContain('  rate  ▂█▅▁ req/s')
    for (let number = 6; number < 30; number++) progress.trialFinished(finished(number))
    expect(screen(output).join('\n')).toMatch(/ {2}rate {2}█{16} req/)
    progress.phase('confirmation')
    expect(screen(output).join('\n')).not.toContain('rate')
  })

  it('never takes an invalid trial for the best, and forgets the best of another phase', () => {
    const progress = start('tty', 80)
    progress.phase('race')
    progress.trialFinished(finished(1, { throughputRps: 100 }))
    progress.trialFinished(
      finished(2, { throughputRps: 900, validity: { ok: false, reasons: [{ id: 'errors' }] } }),
    )
    expect(screen(output)).toContain('  best  async-2x1000: 100 req/s')
    progress.phase('sweep')
    expect(screen(output).join('\n')).not.toContain('best')
  })

  it.each([20, 40, undefined, 0])('fits %s columns whatever the target is called', (columns) => {
    const progress = start('tty', columns)
    progress.phase('race')
    progress.trialStarted({ number: 1, total: 6, target: 'x\n\u001b[2J'.repeat(100), connections: 64 })
    progress.trialFinished(finished(1, { target: 'x\n\u001b[2J'.repeat(100) }))
    const lines = screen(output)
    expect(lines.length).toBeLessThanOrEqual(6)
    for (const line of lines)
      expect(line.length).toBeLessThan(columns === undefined || columns === 0 ? 80 : columns)
  })

  it('draws nothing after done, and a note erases nothing', () => {
    const progress = start('tty', 80)
    progress.phase('race')
    progress.done()
    const before = output
    progress.done()
    progress.phase('late')
    progress.trialFinished(finished(1))
    expect(output).toBe(before)
    progress.note('reports/x')
    expect(output).toBe(`${before}reports/x\n`)
  })
})

it('is a block on a terminal, a log in CI and pipes, and nothing when quiet is wanted', () => {
  const write = (): void => undefined
  expect(progressMode({ write, isTTY: true }, false, false)).toBe('tty')
  expect(progressMode({ write, isTTY: true }, false, true)).toBe('log')
  expect(progressMode({ write }, false, false)).toBe('log')
  expect(progressMode({ write, isTTY: true }, true, false)).toBe('quiet')
})

it('is ASCII where the terminal is not UTF-8', () => {
  const stream = { write: (text: string) => (output += text) }
  createProgress({ stream, mode: 'log', now: () => nowMs, unicode: false }).trialFinished(
    finished(1, { p99Us: 90 }),
  )
  expect(output).toContain('p99 90 us')
  expect(output).toMatch(/^[\x20-\x7e\n]*$/)
})

/** What a terminal shows after these bytes; it understands the three sequences that progress may use, and no more. */
function screen(bytes: string): string[] {
  const lines = ['']
  let row = 0
  for (const token of bytes.match(/\u001b\[\d+[A-Z]|[\r\n]|[^\u001b\r\n]+/g) ?? []) {
    const up = /^\u001b\[(\d+)A$/.exec(token)
    if (up) row -= Number(up[1])
    else if (token === '\u001b[0J') lines.splice(row, Infinity, '')
    else if (token === '\n') lines[++row] ??= ''
    else if (token !== '\r') lines[row] = (lines[row] ?? '') + token
    expect(row).toBeGreaterThanOrEqual(0)
  }
  return lines
}
