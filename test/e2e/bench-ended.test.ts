import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, runTune, startTune, survivors } from '../helpers/cli.js'

// What ends without a figure, so these run at the same time.

async function withFolder<T>(use: (out: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tune-bench-'))
  try {
    return await use(join(folder, 'report'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const bench = (...args: string[]) => withFolder((out) => runTune(['bench', ...args, '--out', out, '--quiet']))

describe.concurrent('tune bench', () => {
  it.each([
    [['--workloads', 'io,disk'], /--workloads "disk" is unknown/],
    [['--classes', 'gevent'], /--classes "gevent" is unknown/],
    [['--matrix', '--workers', '0'], /--workers "0" is out of range/],
    [['--matrix', '--workers', '2M'], /--workers "2M" is neither/],
    [['app.js', '--workloads', 'io'], /exclude each other/],
    [['--matrix', '--workers', '4000'], /which takes about/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr, left } = await bench(...args)
    expect({ code, left }).toEqual({ code: 2, left: [] })
    expect(stderr).toMatch(message)
  })

  it('says that an app which answers 500 cannot be measured', async () => {
    const { code, stdout, left } = await bench(
      join(ROOT, 'test/fixtures/apps/status-500.js'),
      ...['--classes', 'async', '--blocks', '1', '--duration', '500ms', '--connections', '8'],
    )
    expect({ code, left }).toEqual({ code: 5, left: [] })
    expect(stdout).toContain('non-2xx')
  })

  it('Ctrl-C: everything is gone, and the cells so far are printed', () =>
    withFolder(async (out) => {
      const few = ['--workloads', 'io', '--classes', 'async', '--workers', '1', '--connections', '8']
      const running = startTune([
        ...['bench', '--matrix', ...few, '--duration', '500ms', '--blocks', '50', '--out', out],
      ])
      try {
        await running.printed(/trial 4 of/)
        running.child.kill('SIGINT')
        const { code, stdout } = await running.finished
        expect(code).toBe(130)
        expect(await survivors(running, 3000)).toEqual([])
        expect(stdout).toContain('Partial')
      } finally {
        running.reap()
        await running.finished
      }
    }))
})
