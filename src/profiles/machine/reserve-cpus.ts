import { usageError } from '../../result/error.js'
import { allowedCpus, bindTask } from './affinity.js'
import { parseCpuList } from './parse-proc.js'

/**
 * Keeps this process, and all that it starts from now on, off the CPUs that are reserved for the load generators. What is detected
 * afterwards, the effective CPUs included, is then what the server has.
 *
 * @param list as `taskset` and the kernel write it: `0,2-3`
 * @throws TuneError (usage) when the list is none, names a CPU that this process may not use, or leaves none to the server; and where
 *   CPUs cannot be chosen
 */
export function reserveCpus(list: string): void {
  const allowed = allowedCpus()
  if (allowed === null) throw cannotChoose('only Linux says and sets which CPUs a process may use')
  if (!bindTask(String(process.pid), cpusBeside(list, allowed)))
    throw cannotChoose('taskset of util-linux is missing or was refused')
}

/**
 * The CPUs of `allowed` that are not in `list`.
 * @throws TuneError (usage) as above
 */
export function cpusBeside(list: string, allowed: ReadonlySet<number>): number[] {
  const reserved = parseCpuList(list)
  if (reserved === null) {
    throw usageError(
      `--generator-cpus "${list}" is no list of CPUs`,
      'Write numbers and ranges, such as 0 or 0,2-3',
    )
  }
  const foreign = [...reserved].filter((cpu) => !allowed.has(cpu))
  if (foreign.length > 0) {
    const theirs = [...allowed].join(', ')
    throw usageError(
      `--generator-cpus ${list}: this process may not run on CPU ${foreign.join(', ')}`,
      `It may use ${theirs}`,
    )
  }
  const rest = [...allowed].filter((cpu) => !reserved.has(cpu))
  if (rest.length > 0) return rest
  throw usageError(
    `--generator-cpus ${list} leaves no CPU to the server`,
    'Reserve fewer, or leave the flag out: generators and server then share all CPUs',
  )
}

function cannotChoose(why: string) {
  return usageError(`--generator-cpus does not work here: ${why}`, 'Leave it out')
}
