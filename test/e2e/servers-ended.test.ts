import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runTune, startTune, survivors, type Running } from '../helpers/cli.js'
import { hasTool, SYSTEM_PATH } from '../helpers/tools.js'

// What becomes of servers that cannot be measured, and of those whose measurement is broken off. No figure matters here, so these
// run at the same time.

const FIXTURES = resolve(import.meta.dirname, '../integration/fixtures')
const ANY = `"${process.execPath}" any-server.mjs`
const options = { cwd: FIXTURES, env: { PATH: SYSTEM_PATH, PYTHONDONTWRITEBYTECODE: '1' } }

async function withFolder<T>(use: (out: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tune-ending-'))
  try {
    return await use(join(folder, 'report'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const tune = (...args: string[]) => withFolder((out) => runTune([...args, '--quiet', '--out', out], options))

/** Ends an analysis by Ctrl-C once `moment` has come, and expects that nothing is left of it. */
const interrupted = (args: string[], moment: (running: Running) => Promise<void>) =>
  withFolder(async (out) => {
    const running = startTune(['analyze', ...args, '--out', out], options)
    try {
      await moment(running)
      running.child.kill('SIGINT')
      const [code] = (await once(running.child, 'exit')) as [number | null]
      expect(code).toBe(130)
      expect(await survivors(running, 1000)).toEqual([])
    } finally {
      running.reap()
      await running.finished
    }
  })

/** The homes of all PM2 that run below this process, by what their environment says. */
function pm2Homes(pids: readonly number[]): string[] {
  const homes = pids.map((pid) => {
    try {
      return /(?:^|\0)PM2_HOME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1]
    } catch {
      return undefined
    }
  })
  return [...new Set(homes.filter((home) => home !== undefined))]
}

describe.concurrent('Ctrl-C', () => {
  it.skipIf(!hasTool('pm2-runtime'))(
    'ends PM2 with its daemon and its PM2_HOME (skipped without pm2-runtime)',
    async () => {
      let homes: string[] = []
      await interrupted(
        ['--server', 'pm2', 'listening-app.mjs', '--path', '/burn', '--budget', '20s'],
        async (running) => {
          await running.printed(/race/)
          while ((homes = pm2Homes(running.alive())).length < 2) await sleep(50)
          for (const home of homes) expect(existsSync(home)).toBe(true)
        },
      )
      for (const home of homes) expect(existsSync(home)).toBe(false)
    },
  )

  it('ends everything, also a server that ignores TERM', () =>
    interrupted(['--server', `command: ${ANY} deaf {port} {workers}`], async (running) => {
      await running.printed(/probe/)
      while (running.alive().length < 4) await sleep(50)
    }))
})

describe.concurrent('any command', () => {
  it.each([
    ['elsewhere', 3, 'TUNE_E_TARGET_ELSEWHERE'],
    ['fork-away', 3, 'TUNE_E_TARGET_FORKED'],
    ['crash', 3, 'TUNE_E_TARGET_DIED'],
    ['dies', 5, 'TUNE_E_TARGET_DIED'],
  ])('%s: exit %i, a clear message, nothing left', async (behaviour, code, id) => {
    const done = await tune('analyze', '--server', `command: ${ANY} ${behaviour} {port} {workers}`)
    expect(done.code).toBe(code)
    expect(done.stderr).toContain(id)
    expect(done.left).toEqual([])
    if (behaviour === 'dies') {
      expect(done.stderr).toMatch(/ended under load \(exit code 9\)[\s\S]*out of file handles/)
    }
  })
})

describe.concurrent('a url', () => {
  it('refuses another machine', async () => {
    const done = await tune('bench', '--server', 'url', 'http://192.0.2.1')
    expect(done.code).toBe(2)
    expect(done.stderr).toContain('--allow-remote')
  })
})
