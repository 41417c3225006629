import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askServer } from '../../../src/server/control/control-client.js'
import type { ControlRequest } from '../../../src/server/control/control-protocol.js'

let directory: string
let path: string
const closing: (() => void)[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-ask-'))
  path = join(directory, 'ctl')
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
  rmSync(directory, { recursive: true, force: true })
})

const OK = '{"ok":true,"result":"done"}\n'

/** Listens where a server would. @param reply the text that it sends for a command, `null` for silence */
async function listen(reply: (command: string) => string | null): Promise<string[]> {
  const heard: string[] = []
  const clients = new Set<net.Socket>()
  const listener = net.createServer((client) => {
    clients.add(client)
    client.on('error', () => client.destroy())
    client.on('data', (chunk) => {
      const { command } = JSON.parse(String(chunk)) as ControlRequest
      heard.push(command)
      const text = reply(command)
      if (text !== null) client.end(text)
    })
  })
  closing.push(() => {
    listener.close()
    for (const client of clients) client.destroy()
  })
  await new Promise<void>((resolve) => listener.listen(path, resolve))
  return heard
}

const LIMITS = { promptMs: 100, reloadingMs: 100 }
const failure = (code: string, message: string) =>
  expect.objectContaining({ code, exit: 2, message: expect.stringContaining(message) as string }) as Error

describe('askServer', () => {
  it.each<ControlRequest>([
    { command: 'stats' },
    { command: 'config' },
    { command: 'reload' },
    { command: 'scale', workers: 2 },
    { command: 'shutdown', graceful: true },
  ])('$command: gives up on who accepts and is silent, and leaves no order behind', async (request) => {
    const heard = await listen(() => null)
    await expect(askServer(path, request, LIMITS)).rejects.toThrow(
      failure('TUNE_E_SERVER_SILENT', `${path} gave no answer within 0.1 s: the server is stopped`),
    )
    expect(heard).toEqual([request.command === 'stats' ? 'stats' : 'config'])
  })

  it('waits for a reload for as long as the server answers anything', async () => {
    let answers = true
    const heard = await listen((command) => (command === 'config' && answers ? OK : null))
    const reload = askServer(path, { command: 'reload' }, LIMITS).catch((error: unknown) => error)
    await expect.poll(() => heard, { timeout: 5000 }).toEqual(['config', 'reload', 'config', 'config'])
    answers = false
    expect(await reload).toMatchObject({ code: 'TUNE_E_SERVER_SILENT', exit: 2 })
  })

  it('has the answer of a reload that is over', async () => {
    await listen(() => OK)
    expect(await askServer(path, { command: 'reload' }, LIMITS)).toBe('done')
  })

  it.each(['HTTP/1.1 400 Bad Request\r\n', 'null\n', '{}\n'])(
    'takes %j for no server of tune',
    async (text) => {
      await listen(() => text)
      await expect(askServer(path, { command: 'stats' }, LIMITS)).rejects.toThrow(
        failure('TUNE_E_NO_SERVER', 'what answers there is no control socket of tune'),
      )
    },
  )

  it('says of a path that is too long how long it may be', async () => {
    const long = `/tmp/${'x'.repeat(200)}`
    await expect(askServer(long, { command: 'stats' }, LIMITS)).rejects.toThrow(
      failure('TUNE_E_NO_SERVER', 'bytes here, and this one has 205'),
    )
  })
})
