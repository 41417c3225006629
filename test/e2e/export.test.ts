import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTune } from '../helpers/cli.js'
import { interruptedDocument, ioDocument } from '../helpers/documents.js'

describe('tune export', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tune-export-'))
    writeFileSync(join(directory, 'result.json'), JSON.stringify(ioDocument()))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('prints, writes a file, and gives both as one document, from a folder or a file', async () => {
    const printed = await runTune(['export', directory, '--to', 'gunicorn'])
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    const out = join(directory, 'gunicorn.conf.py')
    const file = join(directory, 'result.json')
    const written = await runTune(['export', file, '--to', 'gunicorn', '--out', out])
    expect(written).toMatchObject({ code: 0, stdout: `${out} written\n` })
    expect(readFileSync(out, 'utf8')).toBe(printed.stdout)
    const json = await runTune(['export', directory, '--to', 'gunicorn', '--json'])
    expect(JSON.parse(json.stdout)).toEqual({
      format: 'gunicorn',
      fileName: 'gunicorn.conf.py',
      content: printed.stdout,
    })
  })

  it('says what is wrong', async () => {
    const unknown = await runTune(['export', directory, '--to', 'puma'])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('--to=puma')
    const missing = await runTune(['export', join(directory, 'no.json'), '--to', 'env'])
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain('does not exist')
    writeFileSync(join(directory, 'result.json'), JSON.stringify(interruptedDocument()))
    const none = await runTune(['export', directory, '--to', 'env'])
    expect(none.code).toBe(5)
    expect(none.stderr).toContain('TUNE_E_NO_ANSWER')
  })
})
