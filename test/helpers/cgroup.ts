import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandOptions, CommandResult } from './command.js'
import { runCommand } from './command.js'

/** Limits of one level. A level without limits is a cgroup all the same. */
export interface CgroupLimits {
  cpus?: number
  memoryBytes?: number
}

const PERIOD_US = 100_000
let sequence = 0

/**
 * Runs a command in real cgroups, one inside the other, outermost first, and removes them whatever happens.
 * Returns `null`, after printing why, where cgroups cannot be made (no root, read-only mount, no controller).
 */
export async function runInCgroup(
  levels: readonly CgroupLimits[],
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult | null> {
  const name = `tune-test-${process.pid}-${++sequence}`
  const made: string[] = []
  try {
    let own: string[]
    try {
      own = make(levels, name, made)
    } catch (error) {
      process.stderr.write(`skipped, no cgroup can be made here: ${String(error)}\n`)
      return null
    }
    // The shell puts itself in before it becomes the command, so that nothing of it runs outside.
    const enter = own.map((directory) => `echo $$ > '${directory}/cgroup.procs'`).join(' && ')
    return await runCommand('sh', ['-c', `${enter} && exec "$@"`, 'sh', file, ...args], options)
  } finally {
    for (const directory of made.reverse()) await remove(directory)
  }
}

/** Creates the levels in every hierarchy that has a limit to hold. Returns the innermost directory of each. */
function make(levels: readonly CgroupLimits[], name: string, made: string[]): string[] {
  return hierarchies(levels).map(({ base, write }) => {
    let directory = base
    levels.forEach((limits, depth) => {
      directory = `${directory}/${name}-${depth}`
      mkdirSync(directory)
      made.push(directory)
      write(directory, limits, depth < levels.length - 1)
    })
    return directory
  })
}

interface Hierarchy {
  base: string
  /** `inner`: another level comes below, which version 2 has to be told. */
  write: (directory: string, limits: CgroupLimits, inner: boolean) => void
}

function hierarchies(levels: readonly CgroupLimits[]): Hierarchy[] {
  const wanted = [
    ...(levels.some(({ cpus }) => cpus !== undefined) ? (['cpu'] as const) : []),
    ...(levels.some(({ memoryBytes }) => memoryBytes !== undefined) ? (['memory'] as const) : []),
  ]
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const version1 = wanted.map((controller) => mountPointOf(mounts, 'cgroup', controller))
  if (version1.every((base) => base !== undefined))
    return version1.map((base, index) => ({
      base,
      write: wanted[index] === 'cpu' ? writeCpu1 : writeMemory1,
    }))
  const unified = mountPointOf(mounts, 'cgroup2')
  if (unified === undefined) throw new Error('no cgroup file system is mounted')
  // The controllers of the host are not switched on for a test: that would outlive it.
  const enabled = readFileSync(`${unified}/cgroup.subtree_control`, 'utf8').trim().split(' ')
  const missing = wanted.filter((controller) => !enabled.includes(controller))
  if (missing.length > 0) throw new Error(`controllers not enabled below ${unified}: ${missing.join(', ')}`)
  return [{ base: unified, write: (directory, limits, inner) => write2(directory, limits, inner, wanted) }]
}

function mountPointOf(mounts: string[], type: string, controller?: string): string | undefined {
  const mount = mounts.find((line) => {
    const [kind, , options = ''] = line.split(' - ')[1]?.split(' ') ?? []
    return kind === type && (controller === undefined || options.split(',').includes(controller))
  })
  return mount?.split(' ')[4]
}

function writeCpu1(directory: string, { cpus }: CgroupLimits): void {
  if (cpus !== undefined) writeFileSync(`${directory}/cpu.cfs_quota_us`, String(Math.round(cpus * PERIOD_US)))
}

function writeMemory1(directory: string, { memoryBytes }: CgroupLimits): void {
  if (memoryBytes !== undefined) writeFileSync(`${directory}/memory.limit_in_bytes`, String(memoryBytes))
}

function write2(
  directory: string,
  { cpus, memoryBytes }: CgroupLimits,
  inner: boolean,
  wanted: readonly string[],
): void {
  if (cpus !== undefined)
    writeFileSync(`${directory}/cpu.max`, `${Math.round(cpus * PERIOD_US)} ${PERIOD_US}`)
  if (memoryBytes !== undefined) writeFileSync(`${directory}/memory.max`, String(memoryBytes))
  if (inner) writeFileSync(`${directory}/cgroup.subtree_control`, wanted.map((name) => `+${name}`).join(' '))
}

/** Whatever the command left behind is in this cgroup and nowhere else, so it is safe to kill. */
async function remove(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      for (const pid of readFileSync(`${directory}/cgroup.procs`, 'utf8').split('\n').filter(Boolean))
        process.kill(Number(pid), 'SIGKILL')
      rmdirSync(directory)
      return
    } catch (error) {
      // A process that has just ended keeps its cgroup busy for a moment.
      if (attempt === 50) throw error
      await sleep(20)
    }
  }
}
