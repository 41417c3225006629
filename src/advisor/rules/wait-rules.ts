import { configurationKey } from '../../result/configuration.js'
import type { SlotUse } from '../slot-use.js'
import { milliseconds, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'

/** Below this share of slots in use, clients waited for a busy worker while another one was idle. Measured in one queue for all: 95 % and more. */
const IDLE = 0.75
/** Share of the cores, of the machine and of the workers, beyond which it is CPU that slots wait for. */
const CPU_IS_FREE = 0.7
const MOST_NAMED = 3

/** The mean hides it: which clients wait is luck, and another in every trial. */
export function unevenWait({
  observed: { slots: uses },
  machine,
  recommended,
}: RuleContext): KnownFinding | null {
  const waitsForSlots = uses.filter(
    ({ coresWhenFull, workers }) => coresWhenFull <= CPU_IS_FREE * Math.min(machine.effectiveCpus, workers),
  )
  const uneven = waitsForSlots.filter(({ least }) => least < IDLE).toSorted((a, b) => a.least - b.least)
  const even = waitsForSlots.filter(({ least }) => least >= IDLE).toSorted((a, b) => b.least - a.least)[0]
  if (uneven.length === 0) return null
  const isChosen = uneven.some(({ key }) => key === configurationKey(recommended))
  const shown = uneven.slice(0, MOST_NAMED).map(sentence)
  if (even !== undefined) shown.push(`${even.key} never used less than ${percent(Math.min(1, even.least))}`)
  return {
    id: 'TUNE-WAIT-UNEVEN',
    level: isChosen ? 'warn' : 'info',
    title: 'Clients wait for a busy worker while another one is idle',
    observed: shown.join('; '),
    rule: `with a client for every slot all slots are in use: throughput x response time alone, at least ${percent(IDLE)} of them`,
    advice:
      'Its workers take connections that they cannot serve yet, and with keep-alive a client stays with the worker that it met: which clients wait is luck. ' +
      (isChosen
        ? 'That is so of the recommended configuration: expect some deployments of it to be this slow, or take workers that accept only what they can serve.'
        : 'A reason more not to choose it, which its mean does not show.'),
    evidence: 'measured',
  }
}

function sentence({ key, connections, slots, trials, least, most, meanUs, fairUs }: SlotUse): string {
  const range = `${percent(least)} to ${percent(Math.min(1, most))} of its ${slots} slots in use over ${trials} trials`
  return `${key} with ${connections} clients: ${range}; at worst requests took ${milliseconds(meanUs / 1000)}, in one queue for all it would be ${milliseconds(fairUs / 1000)}`
}
