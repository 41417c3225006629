import { capacityOf, configurationKey } from '../result/configuration.js'
import type { Trial } from '../result/trial.js'
import { probeOf } from './probe-label.js'

/** How many of its slots a configuration of one-at-a-time workers used under load, over the trials that may be believed. */
export interface SlotUse {
  key: string
  connections: number
  /** Requests that it takes at a time, or clients where those are fewer. */
  slots: number
  trials: number
  /** Share of the slots that held a request: X * R1 / slots (Little's law), R1 the response time of a single client. */
  least: number
  most: number
  /** Mean response time in the trial that used the fewest, and what it would be with all slots in use. µs. */
  meanUs: number
  fairUs: number
  /** How far clients were apart in the median trial, where nearly all of their time was waiting for a slot. */
  spread: WaitSpread | null
}

/** µs; `ratio` is p99, without what requests differ by on their own, divided by p50. */
export interface WaitSpread {
  p50Us: number
  p99Us: number
  ratio: number
}

/** Mean response time against that of a single client from which on a request is nearly all waiting, so that its own length does not show. */
const DEEP_QUEUE = 8

/** What takes time from a server that has nothing to do with who waits for whom. */
const DISTURBED = ['cpu-steal', 'cpu-throttled', 'memory-pressure', 'generator-delayed']
/** Share of the cores that nobody else has, and of one for each worker, beyond which it is CPU that slots wait for. */
const CPU_IS_FREE = 0.7
/** Share of the slots that some trial must have used, for the app and the machine to be able to. */
const SHOWN = 0.9

/**
 * Under a load that has a client for each slot, a server with one queue has no slot idle. Where workers take connections that they
 * cannot serve yet, clients wait behind a busy worker while another one is idle, and the slots in use are fewer; or all are in
 * use, and clients in the longer queue wait longer. Left out is what no trial of the run has shown that app and machine carry at a time. Empty without a probe.
 */
export function slotUses(trials: readonly Trial[], effectiveCpus: number): SlotUse[] {
  const alone = probeOf(trials)?.latencyUs
  const aloneUs = alone?.mean ?? null
  if (alone === undefined || aloneUs === null) return []
  const underWay = ({ throughputRps }: Trial): number => (throughputRps * aloneUs) / 1e6
  const sound = trials.filter(
    ({ block, validity }) =>
      block !== null && validity.ok && !validity.warnings.some(({ id }) => DISTURBED.includes(id)),
  )
  const carried = Math.max(0, ...sound.map(underWay))
  const groups = new Map<string, Trial[]>()
  for (const trial of sound) {
    const { configuration, load } = trial
    const isShown = carried >= SHOWN * slotsOf(trial)
    if (configuration.workerClass === 'async' || !isShown || isShortOfCpu(trial, aloneUs, effectiveCpus))
      continue
    const id = `${configurationKey(configuration)} ${load.connections}`
    groups.set(id, [...(groups.get(id) ?? []), trial])
  }
  return [...groups.values()].flatMap((group) => {
    const [worst] = group.toSorted((a, b) => a.throughputRps - b.throughputRps)
    const meanUs = worst?.latencyUs.mean ?? null
    if (worst === undefined || meanUs === null) return []
    const { configuration, load } = worst
    const slots = slotsOf(worst)
    return {
      key: configurationKey(configuration),
      connections: load.connections,
      ...{ slots, trials: group.length },
      least: underWay(worst) / slots,
      most: Math.max(...group.map(underWay)) / slots,
      meanUs,
      fairUs: (load.connections / slots) * aloneUs,
      spread: spreadOf(group, alone),
    }
  })
}

function slotsOf({ configuration, load }: Trial): number {
  return Math.min(capacityOf(configuration), load.connections)
}

/** Whether all slots in use would take more CPU than there was beside other processes. Unknown is yes: then nothing is said. */
function isShortOfCpu(trial: Trial, aloneUs: number, effectiveCpus: number): boolean {
  const { server, environment, configuration } = trial
  const cpuSeconds = server?.cpuSecondsPerRequest ?? null
  if (cpuSeconds === null) return true
  const wanted = (slotsOf(trial) / aloneUs) * 1e6 * cpuSeconds
  const free = effectiveCpus - (environment?.foreignCores ?? 0)
  return wanted > CPU_IS_FREE * Math.min(free, configuration.workers)
}

/** In one queue everybody waits about as long, so p99 is near p50. */
function spreadOf(trials: readonly Trial[], alone: Trial['latencyUs']): WaitSpread | null {
  const ownUs = Math.max(0, (alone.p99 ?? alone.max ?? 0) - (alone.p50 ?? 0))
  const spreads = trials.flatMap(({ latencyUs: { mean, p50, p99 } }) =>
    mean === null || p50 === null || p99 === null || mean < DEEP_QUEUE * (alone.mean ?? Infinity)
      ? []
      : [{ p50Us: p50, p99Us: p99, ratio: Math.max(p50, p99 - ownUs) / p50 }],
  )
  // The lower of the two in the middle: a stall of the machine in one trial of two is no unevenness.
  return spreads.toSorted((a, b) => a.ratio - b.ratio)[Math.floor((spreads.length - 1) / 2)] ?? null
}
