import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const VERSIONS = [
  {
    base: '/sys/fs/cgroup/memory',
    marker: 'memory.limit_in_bytes',
    limit: 'memory.limit_in_bytes',
    events: 'memory.oom_control',
    own: /^\d+:[^:]*\bmemory\b[^:]*:(.*)$/m,
  },
  {
    base: '/sys/fs/cgroup',
    marker: 'cgroup.controllers',
    limit: 'memory.max',
    events: 'memory.events',
    own: /^0::(.*)$/m,
  },
]
const REMOVE_ATTEMPTS = 50

/**
 * A cgroup that holds so many bytes, for processes that this one starts: a child is born where its parent is. Takes root.
 *
 * @returns `inside` runs what starts processes from within; `killed` is how many were ended for lack of memory; `remove` once all have ended
 */
export function memoryCgroup(bytes) {
  const version = VERSIONS.find(({ base, marker }) => existsSync(`${base}/${marker}`))
  if (version === undefined) throw new Error('no cgroup with a limit of memory can be made here')
  const { base, limit, events, own } = version
  const directory = `${base}/tune-benchmark-${process.pid}`
  const home = `${base}${own.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? ''}`
  mkdirSync(directory)
  writeFileSync(`${directory}/${limit}`, String(bytes))
  const move = (to) => writeFileSync(`${to}/cgroup.procs`, String(process.pid))
  return {
    inside: async (work) => {
      move(directory)
      try {
        return await work()
      } finally {
        move(home)
      }
    },
    killed: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(`${directory}/${events}`, 'utf8'))?.[1] ?? 0),
    remove: async () => {
      // A process that has just ended keeps its cgroup busy for a moment.
      for (let attempt = 1; ; attempt++) {
        try {
          rmdirSync(directory)
          return
        } catch (error) {
          if (attempt === REMOVE_ATTEMPTS) throw error
          await sleep(50)
        }
      }
    },
  }
}
