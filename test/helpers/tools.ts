import { spawnSync } from 'node:child_process'

/** Debian's packages install for Debian's Python, and nginx and its like are in sbin. */
export const SYSTEM_PATH = `/usr/bin:/usr/sbin:/bin:/sbin:${process.env.PATH ?? ''}`

/** Whether a program runs here. Tests that need one that does not are skipped, and shown as skipped. */
export function hasTool(name: string, ...args: string[]): boolean {
  const env = { ...process.env, PATH: SYSTEM_PATH }
  return spawnSync(name, args.length > 0 ? args : ['--version'], { env, stdio: 'ignore' }).status === 0
}
