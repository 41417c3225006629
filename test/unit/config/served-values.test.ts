import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfigFile } from '../../../src/config/config-file.js'
import { SERVE_DEFAULTS } from '../../../src/config/serve-defaults.js'
import { servedValues } from '../../../src/config/served-values.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tune-served-'))))
afterEach(() => rmSync(folder, { recursive: true }))
const served = async () => servedValues(await readConfigFile(folder))
const write = (serve: object) => writeFileSync(join(folder, 'tune.config.json'), JSON.stringify({ serve }))

describe('servedValues', () => {
  it('is what the config file says, whatever of it is tuned, and else the defaults', async () => {
    expect(await served()).toEqual(SERVE_DEFAULTS)
    write({ keepAlive: 75, timeout: 120, backlog: 8192 })
    expect(await served()).toEqual({
      ...SERVE_DEFAULTS,
      ...{ keepAlive: 75, timeout: 120, backlog: 8192 },
    })
  })

  it('refuses what tune serve refuses', async () => {
    write({ keepAlive: 'long' })
    await expect(served()).rejects.toMatchObject({ code: 'TUNE_E_SETTING' })
  })
})
