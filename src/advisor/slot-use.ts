import { capacityOf, configurationKey } from '../result/configuration.js'
import type { Trial } from '../result/trial.js'

/** How many of its slots a configuration of one-at-a-time workers used under load, over the trials that may be believed. */
export interface SlotUse {
  key: string
  connections: number
  workers: number
  /** Requests that it takes at a time, or clients where those are fewer. */
  slots: number
  trials: number
  /** Share of the slots that held a request: X * R1 / slots (Little's law), R1 the response time of a single client. */
  least: number
  most: number
  /** Mean response time in the trial that used the fewest, and what it would be with all slots in use. µs. */
  meanUs: number
  fairUs: number
  /** Cores that would be busy with all slots in use. */
  coresWhenFull: number
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

/** Another process that takes cores leaves slots idle too, and says nothing about who waits for whom. */
const DISTURBED = [
  'busy-neighbours',
  'cpu-steal',
  'cpu-throttled',
  'memory-pressure',
  'generator-delayed',
  'paused',
]

/** Share of the slots that some trial must have used, for the app and the machine to be able to. */
const SHOWN = 0.9

/**
 * Under a load that has a client for each slot, a server with one queue has no slot idle. Where workers take connections that they
 * cannot serve yet, clients wait behind a busy worker while another one is idle, and the slots in use are fewer; or all are in
 * use, and clients in the longer queue wait longer. Left out is what no trial of the run has shown that app and machine carry at a time. Empty without a probe.
 */
export function slotUses(trials: readonly Trial[]): SlotUse[] {
  const alone = trials.findLast(({ phase }) => phase === 'probe')?.latencyUs
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
    if (configuration.workerClass === 'async') continue
    const id = `${configurationKey(configuration)} ${load.connections}`
    groups.set(id, [...(groups.get(id) ?? []), trial])
  }
  return [...groups.values()].flatMap((group) => {
    const [worst] = group.toSorted((a, b) => a.throughputRps - b.throughputRps)
    const meanUs = worst?.latencyUs.mean ?? null
    if (worst === undefined || meanUs === null) return []
    const { configuration, load } = worst
    const slots = Math.min(capacityOf(configuration), load.connections)
    if (carried < SHOWN * slots) return []
    const cpuSeconds = Math.max(...group.map(({ server }) => server?.cpuSecondsPerRequest ?? Infinity))
    return {
      key: configurationKey(configuration),
      connections: load.connections,
      ...{ workers: configuration.workers, slots, trials: group.length },
      least: underWay(worst) / slots,
      most: Math.max(...group.map(underWay)) / slots,
      meanUs,
      fairUs: (load.connections / slots) * aloneUs,
      coresWhenFull: (slots / aloneUs) * 1e6 * cpuSeconds,
      spread: spreadOf(group, alone),
    }
  })
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
