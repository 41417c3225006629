import { readdirSync } from 'node:fs'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import {
  fixture,
  get,
  isGone,
  sleep,
  startServer,
  stopServers,
  times,
  until,
  workerPids,
} from '../helpers/server.js'

afterEach(stopServers)

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 2, threads: 2 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
]

/** Everybody must be gone in this time. */
const LIMIT_MS = 2000

/** A process that is gone for `ps` may have threads that are still ending and hold its descriptors. */
async function portIsFree(port: number): Promise<boolean> {
  const server = net.createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: '127.0.0.1' }, resolve)
    })
  } catch {
    return false
  }
  await new Promise((resolve) => server.close(resolve))
  return true
}

describe.skipIf(process.platform !== 'linux')(
  'kill -9 of the arbiter (Linux only: needs the parent-death signal)',
  () => {
    it.each(CLASSES)(
      '$name: takes workers along that are blocked in a loop, and frees the port',
      async ({ settings }) => {
        const server = await startServer({ ...settings, timeoutSeconds: 0 })
        const pids = workerPids(await server.stats())
        const requests = times(4, () => get(server.port, '/block?ms=600000').catch(() => undefined))
        await sleep(300)
        server.signal('SIGKILL')
        const isOver = async () => pids.every(isGone) && (await portIsFree(server.port))
        await until('all workers are gone and the port is free', isOver, LIMIT_MS)
        await Promise.all(requests)
      },
    )
  },
)

describe('the process that started the server', () => {
  it.each(CLASSES)(
    '$name: takes the server along when it is gone, blocked workers too',
    async ({ settings }) => {
      const server = await startServer({ ...settings, timeoutSeconds: 0 })
      const pids = [server.pid, ...workerPids(await server.stats())]
      const requests = times(4, () => get(server.port, '/block?ms=600000').catch(() => undefined))
      await sleep(300)
      server.disconnect()
      const isOver = async () => pids.every(isGone) && (await portIsFree(server.port))
      await until('server and workers are gone and the port is free', isOver, LIMIT_MS)
      await Promise.all(requests)
    },
  )
})

describe('a child process of the app', () => {
  it('does not inherit the listening socket', async () => {
    const server = await startServer({ app: fixture('leaves-child.js') })
    const child = Number((await get(server.port, '/')).body)
    try {
      await server.stop(false)
      expect(isGone(child)).toBe(false)
      expect(await portIsFree(server.port)).toBe(true)
    } finally {
      process.kill(child, 'SIGKILL')
    }
  })
})

describe('descriptors', () => {
  it.skipIf(process.platform !== 'linux')(
    'do not pile up in arbiter or workers (Linux only: read from /proc)',
    async () => {
      const server = await startServer({ workers: 2 })
      const [first, second] = workerPids(await server.stats())
      await Promise.all(times(50, () => get(server.port, '/')))
      const before = [openFiles(server.pid), openFiles(first!), openFiles(second!)]
      for (let round = 0; round < 10; round += 1) {
        await Promise.all(times(50, () => get(server.port, '/')))
      }
      await until('all are as before', () => {
        const after = [openFiles(server.pid), openFiles(first!), openFiles(second!)]
        return after.every((count, index) => count <= before[index]!)
      })
    },
  )
})

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
