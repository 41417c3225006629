import { readdir, readFile } from 'node:fs/promises'
import { parseRunQueueSeconds } from '../server/index.js'

/**
 * Seconds that the threads of a process were ready to run and waited for a core, since they started; `null` where the
 * kernel does not tell, or the process is gone. A thread that ends meanwhile takes its figure along.
 */
export async function readRunQueueSeconds(pid: number): Promise<number | null> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '')),
  )
  return sumOfKnown(texts.map(parseRunQueueSeconds))
}

/** `null` when nothing is known. */
export function sumOfKnown(parts: readonly (number | null)[]): number | null {
  return parts.reduce((sum, part) => (part === null ? sum : (sum ?? 0) + part), null)
}
