import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBuildDirectory, inBuildDirectory } from '../../../../src/server/app/build-directory.js'

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tune-build-'))
})
afterEach(() => rmSync(parent, { recursive: true }))

/** Pid of a process that has ended. */
const deadPid = () => execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()

test('is private, and gone after remove()', () => {
  const directory = createBuildDirectory(parent)
  expect(statSync(directory.path).mode & 0o777).toBe(0o700)
  expect(inBuildDirectory(join(directory.path, 'app.mjs'))).toBe(true)
  expect(inBuildDirectory(join(parent, 'app.mjs'))).toBe(false)
  writeFileSync(join(directory.path, 'app.mjs'), '')
  directory.remove()
  directory.remove()
  expect(existsSync(directory.path)).toBe(false)
})

test('sweeps what dead processes left, and nothing else', () => {
  const alive = createBuildDirectory(parent)
  const sibling = (name: string) => {
    mkdirSync(join(parent, name))
    return join(parent, name)
  }
  const named = (pid: string | number) => basename(alive.path).replace(/-\d+-\w+$/, `-${pid}-abc`)
  const dead = sibling(named(deadPid()))
  const livingParent = sibling(named(process.ppid))
  const otherNamespace = sibling(named(deadPid()).replace(/^tune-app-\w+/, 'tune-app-0zz'))
  const stranger = sibling('tune-app-notes')
  const formerSelf = sibling(named(process.pid))
  utimesSync(formerSelf, 1, 1)

  const second = createBuildDirectory(parent)
  expect([dead, formerSelf].filter(existsSync)).toEqual([])
  const kept = [alive.path, second.path, livingParent, otherNamespace, stranger]
  expect(kept.filter(existsSync)).toEqual(kept)
  alive.remove()
  second.remove()
})
