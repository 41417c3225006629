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

/**
 * The answer with what its file says of a leak at the top.
 *
 * @param isWritten whether the file has the setting that replaces workers
 */
export function withRecycling(answer: Answer, isWritten: boolean): Answer {
  const { recycle, caveats } = answer
  if (recycle === null) return answer
  const { maxRequests, maxRequestsJitter } = recycle
  const grows = `emory grows with every request (TUNE-APP-LEAK: ${recycle.observed})`
  const told = isWritten
    ? `M${grows}: until the leak is found, workers are replaced after ${maxRequests} to ${maxRequests + maxRequestsJitter} requests.`
    : `WARNING: m${grows}, and nothing in this file replaces workers: until the leak is found, restart each after about ${maxRequests} requests by other means.`
  return { ...answer, caveats: [...caveats, told] }
}
