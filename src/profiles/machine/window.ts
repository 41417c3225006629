import { performance } from 'node:perf_hooks'
import type { EnvironmentCounters } from '../../result/counters.js'
import { cpuCgroups } from './cgroup.js'
import { parseStat } from './parse-cgroup.js'
import { parseCpuTimes, parseListenDrops, parsePressureTotal } from './parse-counters.js'
import type { TextFiles } from './ports.js'
import { textFiles } from './text-files.js'

/** A reader of what the machine has done so far. Where the own cgroups are is looked up once. */
export function environmentReader(files: TextFiles = textFiles): () => EnvironmentCounters {
  const cgroups = cpuCgroups(files)
  const read = <T>(path: string, parse: (text: string) => T | null): T | null => {
    const text = files.read(path)
    return text === null ? null : parse(text)
  }
  return () => {
    const { user, system } = process.cpuUsage()
    return {
      atMs: performance.now(),
      cpu: read('/proc/stat', parseCpuTimes),
      ownCpuSeconds: (user + system) / 1e6,
      throttling: cgroups.flatMap((directory) => {
        const stat = files.read(`${directory}/cpu.stat`) ?? ''
        const [periods, throttled] = [parseStat(stat, 'nr_periods'), parseStat(stat, 'nr_throttled')]
        return periods === null || throttled === null ? [] : [{ periods, throttled }]
      }),
      cpuPressureSeconds: read('/proc/pressure/cpu', parsePressureTotal),
      memoryPressureSeconds: read('/proc/pressure/memory', parsePressureTotal),
      listenDrops: read('/proc/net/netstat', parseListenDrops),
    }
  }
}
