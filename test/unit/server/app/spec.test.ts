import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../../../src/server/app/error.js'
import { locateApp, nearNames } from '../../../../src/server/app/spec.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tune-spec-'))
  mkdirSync(join(folder, 'at:noon'))
  for (const name of ['app.ts', 'app:admin', 'at:noon/app.js', 'notes.md', 'www']) {
    writeFileSync(join(folder, name), '')
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

function refused(spec: string): AppError {
  try {
    locateApp(spec, folder)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error(`${spec} was accepted`)
}

describe('locateApp', () => {
  test.each([
    ['app.ts', 'app.ts', null],
    ['./app.ts:default', 'app.ts', 'default'],
    ['app.ts:größe', 'app.ts', 'größe'],
    ['app:admin', 'app:admin', null],
    ['at:noon/app.js', 'at:noon/app.js', null],
    ['at:noon/app.js:api', 'at:noon/app.js', 'api'],
    ['www', 'www', null],
  ])('%s', (spec, file, exportName) => {
    expect(locateApp(spec, folder)).toEqual({ path: join(folder, file), exportName })
  })

  test('an absolute path does not depend on the working directory', () => {
    const path = join(folder, 'app.ts')
    expect(locateApp(`${path}:api`, '/')).toEqual({ path, exportName: 'api' })
  })

  test.each([
    ['app', 'TUNE_E_APP_NOT_FOUND', 'Did you mean app.ts?'],
    ['app.js', 'TUNE_E_APP_NOT_FOUND', 'Did you mean app.ts?'],
    ['appp.ts:api', 'TUNE_E_APP_NOT_FOUND', 'Did you mean app.ts?'],
    ['at:noon', 'TUNE_E_APP_NOT_FOUND', 'Name the file: at:noon/app.js'],
    ['elsewhere/server.ts', 'TUNE_E_APP_NOT_FOUND', 'Check the path'],
    ['app.ts:', 'TUNE_E_APP_EXPORT', 'app.ts:app'],
    ['notes.md', 'TUNE_E_APP_KIND', 'Name the file that creates the app'],
  ])('%s is refused with advice', (spec, code, advice) => {
    const error = refused(spec)
    expect(error).toMatchObject({ code, exit: 4 })
    expect(error.message).toContain(spec)
    expect(error.suggestions.join('\n')).toContain(advice)
  })
})

describe('nearNames', () => {
  test('another extension first, then slips, and never what is no script', () => {
    const names = ['server.md', 'servre.ts', 'server.mjs', 'service.ts', 'zzz.ts']
    expect(nearNames('server.ts', names)).toEqual(['server.mjs', 'servre.ts'])
  })
})
