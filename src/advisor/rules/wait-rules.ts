import { configurationKey } from '../../result/configuration.js'
import type { SlotUse } from '../slot-use.js'
import { milliseconds, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'

/** Below this share of slots in use, clients waited for a busy worker while another one was idle. Measured in one queue for all: 95 % and more. */
const IDLE = 0.75
/** p99 against p50 in a deep queue. Measured: 1.0 in one queue for all; 1.6 and 1.7 behind two workers of gthread. */
const SPREAD = 1.5
const MOST_NAMED = 3

/** The mean hides it: which clients wait is luck, and another in every trial. */
export function unevenWait({ observed: { slots }, recommended }: RuleContext): KnownFinding | null {
  const uneven = slots.filter(isUneven).toSorted((a, b) => a.least - b.least)
  const even = slots.filter((one) => !isUneven(one)).toSorted((a, b) => b.least - a.least)[0]
  if (uneven.length === 0) return null
  const isChosen = uneven.some(({ key }) => key === configurationKey(recommended))
  const shown = uneven.slice(0, MOST_NAMED).map(sentence)
  if (even !== undefined) {
    shown.push(`${even.key} never used less than ${percent(Math.min(1, even.least))}${spreadText(even)}`)
  }
  return {
    id: 'TUNE-WAIT-UNEVEN',
    level: isChosen ? 'warn' : 'info',
    title: 'Clients wait unevenly: every worker has a queue of its own',
    observed: shown.join('; '),
    rule: `in one queue for all, no client waits while a slot is free (throughput x response time alone is at least ${percent(IDLE)} of the slots), and nobody much longer than others (p99 below ${SPREAD} times p50 in a deep queue)`,
    advice:
      'Its workers take connections that they cannot serve yet, and with keep-alive a client stays with the worker that it met: who waits, and for how long, is luck. ' +
      (isChosen
        ? 'That is so of the recommended configuration: expect some deployments of it to be this slow, or take workers that accept only what they can serve.'
        : 'A reason more not to choose it, which its mean does not show.'),
    evidence: 'measured',
  }
}

function isUneven({ least, spread }: SlotUse): boolean {
  return least < IDLE || (spread !== null && spread.ratio >= SPREAD)
}

function sentence(use: SlotUse): string {
  const { key, connections, slots, trials, least, most, meanUs, fairUs } = use
  const range = `${percent(Math.min(1, least))} to ${percent(Math.min(1, most))} of its ${slots} slots in use over ${trials} trials`
  const idle = `; at worst requests took ${milliseconds(meanUs / 1000)}, in one queue for all it would be ${milliseconds(fairUs / 1000)}`
  return `${key} with ${connections} clients: ${range}${least < IDLE ? idle : ''}${spreadText(use)}`
}

function spreadText({ spread }: SlotUse): string {
  if (spread === null) return ''
  return `, p50 ${milliseconds(spread.p50Us / 1000)} and p99 ${milliseconds(spread.p99Us / 1000)}`
}
