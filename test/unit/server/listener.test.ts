import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cannotBind, openListener } from '../../../src/server/listener.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tune-listener-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a unix socket that cannot be made', () => {
  it('for want of its folder says so', async () => {
    for (const parent of [join(folder, 'missing'), join(folder, 'file')]) {
      writeFileSync(join(folder, 'file'), '')
      await expect(openListener({ socketPath: join(parent, 'x.sock') }, 10, null)).rejects.toMatchObject({
        code: 'TUNE_E_ADDRESS_UNKNOWN',
        message: `Cannot listen on unix:${join(parent, 'x.sock')}: there is no folder ${parent}`,
      })
    }
  })

  it('for want of permission speaks of the folder, and a port of ports', () => {
    const socket = cannotBind({ socketPath: join(folder, 'x.sock') }, 'EACCES')
    expect(socket.message).toContain(`no file can be made in ${folder}`)
    expect(socket.suggestions.join()).toContain('write permission')
    expect(socket.suggestions.join()).not.toContain('Ports')
    const port = cannotBind({ host: '127.0.0.1', port: 80 }, 'EACCES')
    expect(port.suggestions.join()).toContain('Ports below 1024')
  })

  it('for another server behind it speaks of paths, and not of ports', () => {
    const { message, suggestions } = cannotBind({ socketPath: join(folder, 'x.sock') }, 'EADDRINUSE')
    expect(message).toContain('another process listens there')
    expect(suggestions).toEqual(['Stop that process, or choose another path with --bind'])
  })
})
