import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { loopbackPorts } from '../../src/server/hang/inspector-port.js'
import {
  get,
  sleep,
  startServer,
  stopServers,
  until,
  workerPids,
  type TestServer,
} from '../helpers/server.js'

let directory: string
let reports: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-hang-'))
  reports = join(directory, 'reports')
  // Line 4 loops, line 5 waits for ever in a regular expression, and line 6 in a program.
  writeFileSync(
    join(directory, 'app.ts'),
    `import { execSync } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
const ways: Record<string, () => void> = {
  '/loop': function spin() { for (;;); },
  '/regex': function match() { /^(a+)+$/.test('a'.repeat(60) + 'b') },
  '/program': function shell() { execSync('sleep 8') },
}
export default function app(request: IncomingMessage, response: ServerResponse): void {
  ways[request.url ?? '']?.()
  response.end(JSON.stringify({ execArgv: process.execArgv, pid: process.pid }))
}
`,
  )
})
afterEach(async () => {
  await stopServers()
  rmSync(directory, { recursive: true })
})

function start(settings: Partial<ServerSettings>): Promise<TestServer> {
  return startServer({
    ...{ app: join(directory, 'app.ts'), reportDir: reports },
    ...{ workers: 2, timeoutSeconds: 1, gracefulTimeoutSeconds: 1, ...settings },
  })
}

/** The report on a worker that hangs, and what the log says of it. */
async function hang(server: TestServer, path: string) {
  void get(server.port, path).catch(() => undefined)
  await until('there is a report', () => server.log().includes('Report on worker'))
  const [file = ''] = readdirSync(reports)
  const report = JSON.parse(readFileSync(join(reports, file), 'utf8')) as {
    pid: number
    stack: string[] | null
  }
  const named = /hangs in (.*)/.exec(server.log())?.[1] ?? null
  await until('another serves', async () => {
    const { workers } = await server.stats()
    return workers.length === 2 && workers.every(({ pid, state }) => state === 'ready' && pid !== report.pid)
  })
  return { stack: report.stack, named }
}

describe('a worker that hangs', () => {
  it.each<{ name: string; settings: Partial<ServerSettings> }>([
    { name: 'sync', settings: { workerClass: 'sync' } },
    { name: 'threaded', settings: { workerClass: 'threaded', threads: 2 } },
    { name: 'async', settings: { workerClass: 'async' } },
  ])('$name: the report and the log name function, file and line', async ({ settings }) => {
    const { stack, named } = await hang(await start(settings), '/loop')
    expect(stack?.[0]).toMatch(new RegExp(`^spin \\(${directory}/app\\.ts:4:\\d+\\)$`))
    expect(stack?.[1]).toContain(`app (${directory}/app.ts:9:`)
    expect(named).toBe(stack?.[0])
  })

  it('is found in a regular expression, too', async () => {
    const { named } = await hang(await start({ workerClass: 'async' }), '/regex')
    expect(named).toContain(`${directory}/app.ts:5:`)
  })

  it('that waits for a program has no stack to read, and is replaced all the same', async () => {
    expect(await hang(await start({}), '/program')).toEqual({ stack: null, named: null })
  })

  it('is not inspected when that is switched off', async () => {
    expect(await hang(await start({ hangStack: false }), '/loop')).toEqual({ stack: null, named: null })
  })
})

it('a healthy worker serves on after USR1, does not stay open to debuggers, and hides its options from the app', async () => {
  const server = await start({ workers: 1 })
  const [pid = 0] = workerPids(await server.stats())
  const ports = loopbackPorts(pid)
  process.kill(pid, 'SIGUSR1')
  await sleep(300)
  await until('its inspector is closed', () => loopbackPorts(pid).length === ports.length)
  const answer = JSON.parse((await get(server.port, '/')).body) as object
  expect(answer).toEqual({ execArgv: [], pid })
})

it('an arbiter that got no core for longer than the timeout reads the heartbeats before it judges', async () => {
  const server = await startServer({ workers: 3, timeoutSeconds: 1 })
  const pids = async () => (await server.stats()).workers.map(({ pid }) => pid)
  const before = await pids()
  for (let pause = 0; pause < 3; pause += 1) {
    server.signal('SIGSTOP')
    await sleep(1300)
    server.signal('SIGCONT')
    await sleep(700)
  }
  expect(await pids()).toEqual(before)
  expect((await server.stats()).restartReasons).toEqual({})
})
