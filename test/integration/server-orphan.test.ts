import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { fixture, isGone, until } from '../helpers/server.js'

const PROGRAM = fileURLToPath(new URL('../../dist/server/server-process.js', import.meta.url))
const settings = { app: fixture('serve.js'), bind: ['127.0.0.1:0'], workers: 1, logLevel: 'error' }

describe('a server whose starter goes while it comes up', () => {
  // The channel may close before the server's own code runs at all, in the middle of its start, or later.
  it.each([0, 30, 60, 90, 120, 200, 400])('goes, too: %i ms after the start', async (ms) => {
    const child = fork(PROGRAM, [JSON.stringify(settings)], { stdio: 'ignore' })
    const pid = child.pid!
    try {
      await new Promise((resolve) => setTimeout(resolve, ms))
      child.disconnect()
      await until('it is gone', () => isGone(pid), 10_000)
      expect(child.signalCode).toBeNull()
    } finally {
      child.kill('SIGKILL')
    }
  })
})
