import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT, TuneError } from './error.js'
import { writeAtomic } from './files.js'

const LOCK_FILE = '.running'

/**
 * Marks the folder as written by this process. A killed run leaves its mark behind; it names the process and its start, so
 * that it binds nobody once that process is gone, even when its number is in use again.
 *
 * @throws TuneError (usage) while another process writes to the folder
 */
export async function lockRun(folder: string): Promise<void> {
  const path = join(folder, LOCK_FILE)
  const [pid = '', started = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ')
  const isOther = pid !== '' && Number(pid) !== process.pid
  if (isOther && startOf(Number(pid)) === started) {
    throw new TuneError(`${folder} is being written by process ${pid}`, {
      code: 'TUNE_E_RESUME',
      exit: EXIT.usage,
      suggestions: ['Wait until that run has ended, or end it first'],
    })
  }
  await writeAtomic(path, `${process.pid} ${startOf(process.pid)}`)
}

export async function unlockRun(folder: string): Promise<void> {
  await rm(join(folder, LOCK_FILE), { force: true })
}

/** Start time of a living process in kernel ticks, field 22 of /proc/<pid>/stat; empty when it is gone. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; the fields behind it begin with the third.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return aliveWithoutProc(pid) ? 'alive' : ''
  }
}

/** Other systems: at least whether somebody has that number. */
function aliveWithoutProc(pid: number): boolean {
  if (process.platform === 'linux') return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
