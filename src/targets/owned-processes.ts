import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { readProcesses, treeOf, type ProcessInfo } from './process-tree.js'

/** Environment variable by which a server's processes are known, wherever they have gone. */
export const MARK_VARIABLE = 'TUNE_TARGET'

const POLL_MS = 10
const LONGEST_MS = 3000

/** What belongs to one started server. */
export interface Owner {
  /** Leader of its process group. */
  leaderPid: number
  mark: string
}

/**
 * All processes of a server: the tree below its leader, its process group, and whatever carries its mark. A daemon has another
 * parent, a worker may have a group of its own, and a process that sets its title may have overwritten its environment:
 * none of the three finds all. Once the leader has been reaped its number may be somebody else's, so its tree no longer counts.
 */
export async function ownedProcesses(
  { leaderPid, mark }: Owner,
  leaderReaped: boolean,
): Promise<ProcessInfo[]> {
  const alive = (await readProcesses()).filter(({ state }) => state !== 'Z')
  const found = new Set(leaderReaped ? [] : treeOf(leaderPid, alive))
  const entry = `${MARK_VARIABLE}=${mark}`
  await Promise.all(
    alive.map(async (info) => {
      if (info.groupId === leaderPid || (await environmentOf(info.pid)).includes(entry)) found.add(info)
    }),
  )
  return [...found]
}

async function environmentOf(pid: number): Promise<string[]> {
  // latin1: what a process makes of its own environment need not be text.
  const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return text.split('\0')
}

/** Kills all that belongs to the server, and what it starts meanwhile, until nothing is left. */
export async function killOwned(owner: Owner, isLeaderReaped: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + LONGEST_MS
  while (performance.now() < deadlineMs) {
    const left = await ownedProcesses(owner, isLeaderReaped())
    if (left.length === 0) return
    for (const { pid } of left) kill(pid)
    await delay(POLL_MS)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
