import { readProcess } from '../../src/targets/process-tree.js'

/** Fails when one of the processes still runs after `withinMs`. A zombie does not run. */
export async function waitUntilGone(pids: number[], withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  let left = pids
  while (left.length > 0) {
    left = (await Promise.all(left.map(async (pid) => ((await runs(pid)) ? pid : null)))).filter(
      (pid) => pid !== null,
    )
    if (left.length > 0 && performance.now() > deadlineMs) {
      throw new Error(`still running after ${withinMs} ms: ${left.join(', ')}`)
    }
    if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function runs(pid: number): Promise<boolean> {
  const info = await readProcess(pid)
  return info !== null && info.state !== 'Z'
}
