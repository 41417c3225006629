import { chmodSync, lstatSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

export interface BuildDirectory {
  path: string
  remove(): void
}

const NAME = /^tune-app-([0-9a-z]+)-(\d+)-/
const live = new Set<string>()

/**
 * A private (0700) directory for compiled code, outside the user's source. It goes with `remove()` or with the process;
 * what a killed process left behind is swept by the next one.
 */
export function createBuildDirectory(parent = realpathSync(tmpdir())): BuildDirectory {
  sweep(parent)
  const path = mkdtempSync(join(parent, `tune-app-${pidNamespace()}-${process.pid}-`))
  chmodSync(path, 0o700)
  if (live.size === 0) process.once('exit', removeAll)
  live.add(path)
  return { path, remove: () => discard(path) }
}

/** Whether `file` is compiled code of ours. */
export function inBuildDirectory(file: string): boolean {
  return NAME.test(basename(dirname(file)))
}

function discard(path: string): void {
  live.delete(path)
  if (live.size === 0) process.off('exit', removeAll)
  rmSync(path, { recursive: true, force: true })
}

function removeAll(): void {
  for (const path of live) discard(path)
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, namespace, pid] = NAME.exec(name) ?? []
    if (namespace !== pidNamespace()) continue
    try {
      if (isStale(join(parent, name), Number(pid)))
        rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another process swept it first, or it is not ours to remove.
    }
  }
}

function isStale(path: string, pid: number): boolean {
  const stats = lstatSync(path)
  if (!stats.isDirectory() || stats.uid !== process.getuid?.()) return false
  // In a restarted container the new process often has the pid of the dead one.
  if (pid === process.pid) return !live.has(path) && stats.mtimeMs < Date.now() - process.uptime() * 1000
  return !isAlive(pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Containers that share a /tmp have pids of their own: a pid says nothing outside its namespace. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
