import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDocument, readTrials } from '../../src/result/read.js'
import { ROOT, startTune, survivors, type Running } from '../helpers/cli.js'

// Nothing here depends on a figure, so these run at the same time.

/** An analysis into a folder of its own; whatever is left of it is ended and removed afterwards. */
async function duringAnalyze(use: (running: Running, out: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tune-interrupted-'))
  const out = join(folder, 'report')
  const app = join(ROOT, 'dist/profiles/workloads/apps/io.js')
  const running = startTune(['analyze', app, '--budget', '20s', '--out', out])
  try {
    await use(running, out)
  } finally {
    running.reap()
    await running.finished
    rmSync(folder, { recursive: true })
  }
}

describe.concurrent('tune analyze, interrupted', () => {
  it.each([
    ['in the probe', 'probe'],
    ['while the candidates boot', 'start the candidates'],
    ['in the race', /race trial 4/],
  ])('Ctrl-C %s: everything is gone, what is known is printed and saved', (_name, moment) =>
    duringAnalyze(async (running, out) => {
      await running.printed(moment)
      running.child.kill('SIGINT')
      const { code, stdout } = await running.finished
      expect(code).toBe(130)
      expect(await survivors(running, 3000)).toEqual([])
      expect(stdout).toMatch(/^Partial/)
      const document = await readDocument(join(out, 'result.json'))
      expect(document.status).toBe('interrupted')
      expect(await readTrials(join(out, 'trials.jsonl'))).toEqual(document.trials)
      expect(existsSync(join(out, 'report.md'))).toBe(true)
    }),
  )

  it('kill -9 in the race: within 3 s nothing is left, and every finished trial can be read', () =>
    duringAnalyze(async (running, out) => {
      await running.printed(/race trial 4/)
      running.child.kill('SIGKILL')
      expect(await survivors(running, 3000)).toEqual([])
      const { stderr } = await running.finished
      const printed = stderr.match(/trial \d+( of \d+)?:/g)?.length ?? 0
      expect((await readTrials(join(out, 'trials.jsonl'))).length).toBeGreaterThanOrEqual(printed)
    }))
})
