import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { readProcess } from '../../src/targets/process-tree.js'
import { readRunQueueSeconds } from '../../src/targets/run-queue.js'
import { hasTool } from '../helpers/tools.js'

/** Two threads compute for 600 ms on one and the same core: whatever else runs there, each waits for the other. */
const PROGRAM = `
const { Worker } = require('node:worker_threads')
const work = \`
  const { parentPort } = require('node:worker_threads')
  for (const end = Date.now() + 600; Date.now() < end;);
  parentPort.postMessage('done')
  setInterval(() => {}, 1000)\`
let left = 2
const done = () => --left === 0 && process.stdout.write('done')
for (let index = 0; index < 2; index++) new Worker(work, { eval: true }).once('message', done)`

it.skipIf(!hasTool('taskset'))('sees threads that wait for a core that others have', async () => {
  const child = spawn('taskset', ['-c', '0', process.execPath, '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    const queued = await readRunQueueSeconds(child.pid!)
    const used = (await readProcess(child.pid!))?.cpuSeconds
    expect(queued).toBeGreaterThan(0.3 * used!)
  } finally {
    child.kill('SIGKILL')
  }
})
