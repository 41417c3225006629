import { usageError } from '../result/error.js'
import {
  DEFAULT_WORKER_CONNECTIONS,
  MOST_THREAD_POOL,
  workerClassSchema,
  type Configuration,
} from '../result/configuration.js'

const NAMES = ['class', 'workers', 'threads', 'connections', 'pool'] as const
const MOST: Record<string, number> = {
  ...{ workers: 512, threads: 128, connections: 1_000_000 },
  pool: MOST_THREAD_POOL,
}
const KEY = /^(?:(sync)-(\d+)|(threaded)-(\d+)x(\d+)|(async)-(\d+)(?:x(\d+))?x(\d+))(?:-pool(\d+))?$/

/**
 * A configuration as `class=sync,workers=4` (with `threads`, `connections` and `pool` where they apply), or by its key as in reports:
 * `sync-5`, `threaded-2x3`, `async-2x1000`, `async-1x1000-pool8`.
 * @throws TuneError (usage) naming what is wrong with it
 */
export function parseConfiguration(text: string, flag: string): Configuration {
  const parts = KEY.test(text.trim()) ? fromKey(text.trim()) : fromPairs(text, flag)
  const workerClass = workerClassSchema.safeParse(parts.class ?? 'sync')
  if (!workerClass.success) {
    throw wrong(flag, text, `class is "${parts.class}"; it may be sync, threaded or async`)
  }
  const count = (name: string, otherwise: number): number => {
    const value = parts[name] === undefined ? otherwise : Number(parts[name])
    const most = MOST[name] ?? 1
    if (Number.isInteger(value) && value >= 1 && value <= most) return value
    throw wrong(flag, text, `${name} must be a whole number from 1 to ${most}`)
  }
  const threads = count('threads', 1)
  if (workerClass.data === 'sync' && threads > 1) {
    throw wrong(flag, text, 'a sync worker has one thread; class=threaded has several')
  }
  return {
    workerClass: workerClass.data,
    workers: count('workers', 1),
    threads,
    workerConnections: count('connections', DEFAULT_WORKER_CONNECTIONS),
    ...(parts.pool === undefined ? {} : { threadPool: count('pool', 1) }),
  }
}

function fromKey(text: string): Record<string, string | undefined> {
  const [, sync, ofSync, threaded, processes, threads, async, loops, each, held, pool] = KEY.exec(text) ?? []
  if (sync !== undefined) return { class: sync, workers: ofSync, pool }
  if (threaded !== undefined) return { class: threaded, workers: processes, threads, pool }
  return { class: async, workers: loops, threads: each, connections: held, pool }
}

function fromPairs(text: string, flag: string): Record<string, string | undefined> {
  const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
  const parts: Record<string, string> = {}
  for (const [name = '', value = '', ...more] of pairs) {
    if (!NAMES.some((one) => one === name) || value === '' || more.length > 0) {
      throw wrong(
        flag,
        text,
        `"${[name, value].filter(Boolean).join('=')}" is none of ${NAMES.join(', ')} with a value`,
      )
    }
    parts[name] = value
  }
  return parts
}

function wrong(flag: string, text: string, why: string): Error {
  return usageError(
    `${flag} "${text}" is not a configuration: ${why}`,
    `Write it as ${flag} class=sync,workers=4, ${flag} class=threaded,workers=2,threads=4 or ${flag} async-2x1000`,
  )
}
