import { recycleFlags } from '../result/recycle.js'
import type { Answer } from './answer.js'

/** Servers whose own setting replaces a worker after so many requests. */
export function hasRecycling({ server }: Pick<Answer, 'server'>): boolean {
  return server !== 'pm2' && server !== 'command'
}

/** For a start command; nothing where the app keeps no memory, or the server has no such flags. */
export function recycleArguments(answer: Answer): string[] {
  const { recycle } = answer
  return recycle === null || !hasRecycling(answer) ? [] : recycleFlags(recycle).split(' ')
}

/** `requests`: by a setting of the file. `memory`: by a limit of memory alone, as PM2 does. `null`: by nothing in it. */
export type RecycledBy = 'requests' | 'memory' | null

/** The answer with what its file says of a leak at the top: by what it replaces a worker. */
export function withRecycling(answer: Answer, by: RecycledBy): Answer {
  const { recycle, caveats } = answer
  if (recycle === null) return answer
  const { maxRequests, maxRequestsJitter } = recycle
  const grows = `emory grows with every request (TUNE-APP-LEAK: ${recycle.observed})`
  const requests =
    maxRequestsJitter === 0 ? `${maxRequests}` : `${maxRequests} to ${maxRequests + maxRequestsJitter}`
  const told = {
    requests: `M${grows}: until the leak is found, workers are replaced after ${requests} requests.`,
    memory: `WARNING: m${grows}. PM2 counts no requests; it restarts a process once that is above max_memory_restart. To be sooner, restart each after about ${maxRequests} requests until the leak is found.`,
    none: `WARNING: m${grows}, and nothing in this file replaces workers: until the leak is found, restart each after about ${maxRequests} requests by other means.`,
  }[by ?? 'none']
  return { ...answer, caveats: [...caveats, told] }
}
