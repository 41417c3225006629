import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { liveDocumentSchema } from '../../src/result/live-document.js'
import { runTune, startTune } from '../helpers/cli.js'
import { get, sleep, startServer, stopServers } from '../helpers/server.js'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tune-attach-'))))
afterEach(async () => {
  await stopServers()
  rmSync(directory, { recursive: true, force: true })
})

const WAITS = 'export default (_, response) => setTimeout(() => response.end("slow"), 50)'
/** The same, and its loop does nothing else meanwhile. */
const HALTS =
  'export default (_, response) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); response.end("slow") }'

/** 50 ms for each request, one at a time: two clients are more than it can hold. */
async function startBlocked(code = WAITS) {
  const app = join(directory, 'app.mjs')
  writeFileSync(app, code)
  const controlSocket = join(directory, 'app.ctl')
  const server = await startServer({ app, workers: 1, controlSocket })
  return { server, controlSocket }
}

/** So many clients, each with one request after the other, while something is done. @returns the number of answers */
async function underLoad(port: number, clients: number, doing: () => Promise<void>): Promise<number> {
  const traffic = new AbortController()
  let answered = 0
  const asking = Array.from({ length: clients }, async () => {
    while (!traffic.signal.aborted) {
      await get(port, '/').then(
        () => answered++,
        () => undefined,
      )
    }
  })
  try {
    await sleep(500)
    await doing()
  } finally {
    traffic.abort()
    await Promise.all(asking)
  }
  return answered
}

describe('tune analyze --attach', () => {
  it('sees the slot of a worker whose app blocks its loop', async () => {
    const { server, controlSocket } = await startBlocked(HALTS)
    await underLoad(server.port, 4, async () => {
      const { stdout } = await runTune(['analyze', '--for', '4s', '--json', '--attach', controlSocket])
      const { traffic, verdict } = liveDocumentSchema.parse(JSON.parse(stdout))
      expect(verdict).toBe('too-small')
      // At most instants; between two requests there is none.
      expect(traffic.slotUtilization).toBeGreaterThan(0.5)
      expect(traffic.requestsUnderWay).toBeGreaterThan(0.5)
    })
  })

  it('reads a server under traffic by socket and by pid, and asks nothing of the app', async () => {
    const { server, controlSocket } = await startBlocked()
    const answered = await underLoad(server.port, 4, async () => {
      const attach = ['analyze', '--for', '3s', '--json', '--attach']
      const bySocket = await runTune([...attach, controlSocket])
      const document = liveDocumentSchema.parse(JSON.parse(bySocket.stdout))
      expect(document.configuration).toMatchObject({ workerClass: 'sync', workers: 1 })
      expect(document.traffic.requests).toBeGreaterThan(20)
      // One at a time for 50 ms: more would be a wrong figure.
      expect(document.traffic.throughputRps).toBeLessThanOrEqual(20.5)
      expect(document.verdict).toBe('too-small')
      expect(document.suggestion?.workers).toBeGreaterThan(1)
      expect(document.traffic.waitingReadings).toBeGreaterThan(0)
      // The server runs beside the command, so that its limits are the server's own, read from its process.
      expect(document.warnings).toEqual([])
      const affinity = document.machine.facts.find(({ id }) => id === 'cpu.affinity')
      expect(affinity?.source).toBe(`/proc/${document.arbiterPid}/status`)
      const byPid = await runTune([...attach, String(document.arbiterPid)])
      expect(liveDocumentSchema.parse(JSON.parse(byPid.stdout)).arbiterPid).toBe(document.arbiterPid)
    })
    expect(answered).toBeGreaterThan(0)
  })

  it('says that there is no traffic, in words', async () => {
    const { controlSocket } = await startBlocked()
    const { stdout, code } = await runTune(['analyze', '--attach', controlSocket, '--for', '1s'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Verdict +too little traffic to tell/)
    expect(stdout).toContain('No request came in 1 s')
  })

  it('interrupted, tells what it has read so far, that this is not all, and ends with 130', async () => {
    const { controlSocket } = await startBlocked()
    const running = startTune(['analyze', '--attach', controlSocket, '--for', '60s'])
    try {
      await sleep(4000)
      running.child.kill('SIGINT')
      const { code, stdout } = await running.finished
      expect(stdout).toMatch(/^Partial +interrupted: .* of 1 min were read/m)
      expect(code).toBe(130)
    } finally {
      running.reap()
    }
  })

  it('does not wait for a server that is stopped, named by socket or by pid', async () => {
    const { server, controlSocket } = await startBlocked()
    server.signal('SIGSTOP')
    for (const target of [controlSocket, String(server.pid)]) {
      const { code, stderr } = await runTune(['analyze', '--attach', target], { timeoutMs: 20_000 })
      expect({ target, code }).toEqual({ target, code: 2 })
      expect(stderr).toContain('TUNE_E_SERVER_SILENT')
    }
  })

  it('refuses what is no server', async () => {
    const nobody = await runTune(['analyze', '--attach', join(directory, 'nobody.ctl')])
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain('nobody.ctl')
    const process = await runTune(['analyze', '--attach', '1'])
    expect(process.code).toBe(2)
    expect(process.stderr).toContain('TUNE_E_ATTACH')
  })
})
