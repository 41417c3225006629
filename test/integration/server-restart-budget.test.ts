import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepAsking } from '../helpers/keep-asking.js'
import { sleep, startServer, stopServers, until, type TestServer } from '../helpers/server.js'

afterEach(stopServers)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-budget-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const GOOD = 'export default (_, response) => response.end("ok")'
/** Starts well, serves for longer than the back-off looks, and dies. */
const DYING = `${GOOD}\nsetTimeout(() => process.exit(7), 1200)`

const BUDGET = 3
const WINDOW_S = 6

const started = (server: TestServer) => server.log().split('Booting worker').length - 1
const readyCount = async (server: TestServer) =>
  (await server.stats()).workers.filter(({ state }) => state === 'ready').length

describe.each(['sync', 'async'] as const)(
  '%s: workers that die soon after they were ready',
  (workerClass) => {
    it('are replaced slowly once the budget is used up; the sibling serves, and full strength returns', async () => {
      const app = join(directory, 'app.mjs')
      writeFileSync(app, GOOD)
      const server = await startServer({
        app,
        workerClass,
        workers: 2,
        restartBudget: BUDGET,
        restartWindowSeconds: WINDOW_S,
      })
      const asking = keepAsking(server, { closing: 2 })
      writeFileSync(app, DYING)
      process.kill((await server.stats()).workers[0]!.pid, 'SIGKILL')
      await until('the budget is used up', () => server.log().includes('RESTART BUDGET used up'))
      expect((await server.stats()).restartBudget).toMatchObject({ budget: BUDGET, usedUp: true })

      const before = started(server)
      const asked = asking.answered()
      await sleep(WINDOW_S * 1000)
      // One every window / budget, and one that was due already.
      expect(started(server) - before).toBeLessThanOrEqual(BUDGET + 1)
      expect(asking.answered()).toBeGreaterThan(asked)
      expect(server.log().split('RESTART BUDGET').length - 1).toBe(1)

      writeFileSync(app, GOOD)
      await until(
        'both serve and the budget is good again',
        async () => (await readyCount(server)) === 2 && !(await server.stats()).restartBudget.usedUp,
        30_000,
      )
      const { answers } = await asking.stop()
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      expect(await server.stop(true)).toBe(0)
    })
  },
)
