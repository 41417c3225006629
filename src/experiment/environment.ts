import type { EnvironmentCounters } from '../result/counters.js'
import type { EnvironmentOutcome, LoadOutcome, ServerOutcome } from '../result/trial.js'

/**
 * What the machine did between two readings. Server counters are read at the same moments, so what neither target,
 * generators nor this process used was used by others. The kernel counts CPU time in ticks of 10 ms, a share of which is
 * interrupts that belong to nobody: hundredths of a core mean nothing.
 */
export function environmentOutcome(
  before: EnvironmentCounters,
  after: EnvironmentCounters,
  server: Pick<ServerOutcome, 'cpuCores'> | null,
  load: Pick<LoadOutcome, 'generatorCpuSeconds'>,
): EnvironmentOutcome {
  const seconds = (after.atMs - before.atMs) / 1000
  const grown = (from: number | null, to: number | null): number | null =>
    from === null || to === null || to < from ? null : to - from
  const share = (part: number | null, whole: number): number | null =>
    part === null || whole <= 0 ? null : Math.min(1, part / whole)

  const busy = grown(before.cpu?.busySeconds ?? null, after.cpu?.busySeconds ?? null)
  const all = grown(before.cpu?.allSeconds ?? null, after.cpu?.allSeconds ?? null)
  const stolen = grown(before.cpu?.stolenSeconds ?? null, after.cpu?.stolenSeconds ?? null)
  const busyCores = busy === null || seconds <= 0 ? null : busy / seconds
  const ours = (after.ownCpuSeconds - before.ownCpuSeconds + load.generatorCpuSeconds) / seconds
  const serverCores = server?.cpuCores ?? null
  return {
    stealShare: all === null ? null : share(stolen, all),
    busyCores,
    foreignCores:
      busyCores === null || serverCores === null ? null : Math.max(0, busyCores - serverCores - ours),
    throttledShare: throttledShare(before, after),
    cpuPressure: share(grown(before.cpuPressureSeconds, after.cpuPressureSeconds), seconds),
    memoryPressure: share(grown(before.memoryPressureSeconds, after.memoryPressureSeconds), seconds),
    listenDrops: grown(before.listenDrops, after.listenDrops),
  }
}

/** The tightest of the quotas above decides; `null` where none is set. */
function throttledShare(before: EnvironmentCounters, after: EnvironmentCounters): number | null {
  const shares = after.throttling.flatMap(({ periods, throttled }, level) => {
    const earlier = before.throttling[level]
    const passed = earlier === undefined ? 0 : periods - earlier.periods
    if (earlier === undefined || passed <= 0) return []
    return [Math.min(1, Math.max(0, throttled - earlier.throttled) / passed)]
  })
  return shares.length === 0 ? null : Math.max(...shares)
}
