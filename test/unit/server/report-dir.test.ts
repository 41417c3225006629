import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkReportDir, openReportDir } from '../../../src/server/hang/report-dir.js'
import { checkReload } from '../../../src/server/reload-settings.js'
import { checkSettings } from '../../../src/server/settings.js'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tune-report-dir-'))))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const refusal = (why: string) =>
  expect.objectContaining({
    code: 'TUNE_E_REPORT_DIR',
    exit: 2,
    message: expect.stringContaining(why) as string,
  }) as Error

describe('the folder for reports on workers that hang', () => {
  it('is made at the start, and only then', () => {
    checkReportDir('a/b', directory)
    expect(readdirSync(directory)).toEqual([])
    openReportDir('a/b', directory)
    expect(readdirSync(join(directory, 'a'))).toEqual(['b'])
    openReportDir('a/b', directory)
    openReportDir(null, directory)
  })

  it.each(['file', 'file/below'])('is refused where a file is in the way: %s', (path) => {
    writeFileSync(join(directory, 'file'), '')
    for (const act of [checkReportDir, openReportDir])
      expect(() => act(path, directory)).toThrow(refusal(`${join(directory, 'file')} is no folder`))
  })

  it.skipIf(process.platform !== 'linux')('is refused at the start where the system makes none', () => {
    expect(() => openReportDir('/proc/tune-reports', directory)).toThrow(refusal('/proc/tune-reports: '))
  })

  it.skipIf(process.getuid?.() === 0)('is refused where nothing can be written (not as root)', () => {
    mkdirSync(join(directory, 'closed'))
    chmodSync(join(directory, 'closed'), 0o555)
    expect(() => checkReportDir('closed', directory)).toThrow(
      refusal('nothing can be written there (EACCES)'),
    )
    expect(() => checkReportDir('closed/below', directory)).toThrow(refusal('nothing can be made in'))
  })

  it('is checked again by a reload that names another', async () => {
    writeFileSync(join(directory, 'file'), '')
    const settings = checkSettings({ app: 'a.js', cwd: directory })
    const next = { settings: { ...settings, reportDir: 'file' }, hooks: {} }
    await expect(checkReload({ settings, hooks: {} }, () => Promise.resolve(next))).rejects.toThrow(
      refusal('is no folder'),
    )
  })
})
