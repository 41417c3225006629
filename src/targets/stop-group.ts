import { setTimeout as delay } from 'node:timers/promises'
import { readProcesses, treeOf } from './process-tree.js'

const POLL_MS = 10
const LONGEST_MS = 2000

/**
 * Kills what is left of a process group and, while its leader has not been reaped, of the tree below it, and waits until
 * nothing of it runs. The tree alone is not enough, because orphans have another parent; nor is the group, because a
 * worker may have left it. A reaped leader's number may belong to somebody else, so only its group counts then.
 */
export async function killGroup(leaderPid: number, leaderReaped: boolean): Promise<void> {
  const tree = leaderReaped ? [] : treeOf(leaderPid, await readProcesses()).map(({ pid }) => pid)
  const deadlineMs = performance.now() + LONGEST_MS
  for (const pid of [-leaderPid, ...tree]) kill(pid)
  while (performance.now() < deadlineMs) {
    const running = (await readProcesses()).filter(({ state }) => state !== 'Z')
    const left = running.some(({ pid, groupId }) => groupId === leaderPid || tree.includes(pid))
    if (!left) return
    kill(-leaderPid)
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
