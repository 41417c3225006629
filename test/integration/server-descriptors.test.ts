import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { get, sleep, startServer, stopServers, times, until, workerPids } from '../helpers/server.js'
import { hasTool } from '../helpers/tools.js'

afterEach(stopServers)
const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync' } },
  { name: 'threaded', settings: { workerClass: 'threaded', threads: 2 } },
  { name: 'async', settings: { workerClass: 'async' } },
]

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** How many descriptors a running process may have. */
function limitFiles(pid: number, most: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}:4096`])
}

describe.skipIf(!hasTool('prlimit'))('a worker without a free descriptor (skipped without prlimit)', () => {
  it.each(CLASSES)('$name: recovers as soon as there are some again', async ({ settings }) => {
    const server = await startServer({ ...settings, workers: 1 })
    await get(server.port, '/')
    const [pid] = workerPids(await server.stats())
    // Room for a few clients above those that stay free for the app, and then for none.
    const most = openFiles(pid!) + 16 + 3
    limitFiles(pid!, most)
    // The worker asks for its limit once a second.
    await sleep(1100)
    const silent = times(12, () => net.connect(server.port, '127.0.0.1').on('error', () => undefined))
    cleanups.push(() => silent.forEach((socket) => socket.destroy()))
    await until('it is full', () => openFiles(pid!) >= most - 16 - 1)
    await sleep(500)
    const late = get(server.port, '/')
    for (const socket of silent) socket.destroy()
    expect((await late).status).toBe(200)
    limitFiles(pid!, 1024)
    const answers = await Promise.all(times(20, () => get(server.port, '/')))
    expect(answers.map(({ status }) => status)).toEqual(times(20, () => 200))
    // The same worker, not a new one.
    const stats = await server.stats()
    expect([workerPids(stats), stats.restarts]).toEqual([[pid], 0])
  })
})
