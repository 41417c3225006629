import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A git repository for a test, in a temporary folder. */
export interface Repository {
  folder: string
  /** Writes files into the working tree; `null` removes one. */
  write(files: Record<string, string | null>): void
  commit(message: string): string
  git(...args: string[]): string
  remove(): void
}

/** A handler that computes, so that its speed is its loop's length. */
export const spinningApp = (turns: number): string => `
export default (request, response) => {
  let sum = 0
  for (let turn = 0; turn < ${turns}; turn++) sum += Math.sqrt(turn)
  response.end(String(sum > 0))
}
`

export const PACKAGE = JSON.stringify({ name: 'shop', type: 'module' })

export function createRepository(): Repository {
  const folder = mkdtempSync(join(tmpdir(), 'tune-repository-'))
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
  const git = (...args: string[]): string =>
    execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim()
  git('init', '--quiet', '--initial-branch=main')
  return {
    folder,
    git,
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        const path = join(folder, name)
        if (text === null) {
          rmSync(path)
          continue
        }
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text)
      }
    },
    commit(message) {
      git('add', '--all')
      git('commit', '--quiet', '--message', message)
      return git('rev-parse', 'HEAD')
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
