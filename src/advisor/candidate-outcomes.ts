import type { Candidate } from '../result/analysis.js'
import type { Proposals } from './candidates.js'
import type { CompareWith, Compared, Decision, Measured } from './decide.js'
import { change, changeWithInterval, mebibytes } from './wording.js'

const NOTHING_MEASURED = {
  throughputRps: null,
  latencyUs: { p50: null, p95: null, p99: null },
  pssBytes: null,
  effect: null,
}

/** Every candidate with what became of it, and why: measured ones in their order, then what was left out. */
export function candidateOutcomes(
  measured: readonly Measured[],
  excluded: Proposals['excluded'],
  decision: Decision,
  compareWith: CompareWith,
): Candidate[] {
  const { chosen } = decision
  const againstChosen = compareWith(chosen.key)
  const outcomes = measured.map((one): Candidate => {
    const comparison = againstChosen.get(one.key)
    return {
      key: one.key,
      configuration: one.configuration,
      proposedBy: one.proposedBy,
      connections: one.connections,
      control: one.control,
      throughputRps: one.throughputRps,
      latencyUs: one.latencyUs,
      pssBytes: one.pssBytes,
      effect: one.key === chosen.key ? null : (comparison?.effect ?? null),
      outcome: outcomeOf(one, decision, comparison),
      note: noteFor(one, chosen, comparison),
    }
  })
  const left = excluded.map(({ key, configuration, proposedBy, why }): Candidate => ({
    ...NOTHING_MEASURED,
    key,
    configuration,
    proposedBy,
    connections: chosen.connections,
    control: false,
    outcome: 'excluded',
    note: why,
  }))
  return [...outcomes, ...left]
}

function outcomeOf(
  one: Measured,
  { action, chosen }: Decision,
  comparison: Compared | undefined,
): Candidate['outcome'] {
  if (one.throughputRps === null) return 'invalid'
  if (one.key === chosen.key) return action === 'inconclusive' ? 'inconclusive' : 'recommended'
  return comparison?.verdict ?? 'inconclusive'
}

function noteFor(one: Measured, chosen: Measured, comparison: Compared | undefined): string {
  const ids = [...new Set(one.invalidReasons)].join(', ')
  if (one.throughputRps === null) return ids === '' ? 'no trial finished' : `no valid trial: ${ids}`
  const other = one.key !== chosen.key
  const parts: string[] = []
  if (other && comparison !== undefined) {
    const { verdict, effect } = comparison
    parts.push(
      verdict === 'equivalent' ? `${change(effect.ratio)}, within noise` : changeWithInterval(effect),
    )
  }
  if (other && one.pssBytes !== null && chosen.pssBytes !== null) {
    const difference = one.pssBytes - chosen.pssBytes
    if (Math.abs(difference) >= 2 ** 20) {
      parts.push(`${difference < 0 ? '-' : '+'}${mebibytes(Math.abs(difference))}`)
    }
  }
  if (ids !== '') parts.push(`some trials invalid: ${ids}`)
  return parts.join(', ')
}
