import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'

/**
 * Outlives the command line by a moment: when its channel closes, however the command line died, the temporary checkout is removed.
 * After an orderly end there is nothing left to do.
 */
const [holder = '', top = ''] = process.argv.slice(2)

process.on('disconnect', () => {
  if (holder !== '') rmSync(holder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  try {
    execFileSync('git', ['worktree', 'prune'], { cwd: top, stdio: 'ignore' })
  } catch {
    // The repository itself may be gone.
  }
})
// Ctrl-C and a closed terminal are for the command line, which tidies up in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
