import type { Candidate } from '../result/analysis.js'
import { memoryFigures, serverBytes } from '../result/memory.js'
import type { Proposals } from './candidates.js'
import {
  keepsNoRate,
  wasNotTried,
  type CompareWith,
  type Compared,
  type Decision,
  type Measured,
} from './decide.js'
import { couldMatch } from './reach.js'
import { change, changeWithInterval, counted, mebibytes } from './wording.js'

type Undecided = NonNullable<Candidate['undecided']>

const NOTHING_MEASURED = {
  throughputRps: null,
  latencyUs: { p50: null, p95: null, p99: null },
  pssBytes: null,
  effect: null,
}

/**
 * Every candidate with what became of it, and why: measured ones in their order, then what was left out.
 *
 * @param confirmed who was in the confirmation, as measured there; `null` without one
 */
export function candidateOutcomes(
  measured: readonly Measured[],
  excluded: Proposals['excluded'],
  decision: Decision,
  compareWith: CompareWith,
  confirmed: readonly Measured[] | null = null,
): Candidate[] {
  const { chosen } = decision
  const confirmedKeys = confirmed && new Set(confirmed.map(({ key }) => key))
  const missed = new Map(confirmed?.filter(keepsNoRate).map((one) => [one.key, wasNotTried(one)]))
  const againstChosen = compareWith(chosen.key)
  // Memory as all had it at one time: it grows, and PSS is more where fewer servers share the code.
  const beside = measured.find(({ key }) => key === chosen.key) ?? chosen
  const outcomes = measured.map((one): Candidate => {
    const comparison = againstChosen.get(one.key)
    const outcome = outcomeOf(one, decision, comparison)
    const isOpen = outcome === 'inconclusive' && one.key !== chosen.key && !missed.has(one.key)
    const undecided = isOpen ? undecidedOf(one, comparison, confirmedKeys) : null
    return {
      key: one.key,
      configuration: one.configuration,
      proposedBy: one.proposedBy,
      connections: one.connections,
      control: one.control,
      throughputRps: one.throughputRps,
      latencyUs: one.latencyUs,
      ...memoryFigures(one),
      ...(one.throughputRps === null ? {} : { evidence: 'measured' }),
      // Of none that keeps an objective at no rate there is a ratio.
      effect: one.key === chosen.key || missed.has(one.key) ? null : (comparison?.effect ?? null),
      outcome,
      ...(undecided === null ? {} : { undecided }),
      note: missed.has(one.key)
        ? missedNote(one, beside, missed.get(one.key) === true)
        : noteFor(one, beside, comparison, undecided),
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
  if (one.overBudget !== undefined) return 'too-large'
  return comparison?.verdict ?? 'inconclusive'
}

/** Why there is no verdict where measuring for longer might have given one; `null` where it was measured to the end. */
function undecidedOf(
  { key, left }: Measured,
  comparison: Compared | undefined,
  confirmedKeys: ReadonlySet<string> | null,
): Undecided | null {
  if (left !== undefined) return left.why === 'invalid' ? 'not-believed' : 'dropped-early'
  if (confirmedKeys !== null && !confirmedKeys.has(key)) return 'not-a-finalist'
  const { low = null, high = null } = comparison?.effect ?? {}
  // Of rates one of the two may be unknown, which has nothing to do with blocks.
  return low === null && high === null ? 'few-blocks' : null
}

function undecidedWords(
  undecided: Undecided,
  { left, validTrials }: Measured,
  comparison: Compared | undefined,
): string {
  const count = left?.blocks ?? comparison?.effect.blocks ?? validTrials
  const blocks = counted(count, 'block')
  switch (undecided) {
    case 'dropped-early':
      return `dropped from the race after ${blocks}: clearly below the leader`
    case 'not-believed':
      return `dropped from the race after ${blocks}: most of its trials are not believed`
    case 'not-a-finalist':
      return `${blocks} of the race, and not among those that were confirmed`
    case 'few-blocks':
      return comparison === undefined
        ? 'never believed in one block with what it is compared with'
        : `${blocks}, too few for an interval`
  }
}

function missedNote(one: Measured, chosen: Measured, isUntried: boolean): string {
  const rest = noteFor(one, chosen, undefined, null)
  const why = isUntried
    ? 'cannot carry the target, so it was not tried'
    : 'keeps the objective at no rate that was tried'
  return `${why}${rest === '' ? '' : `, ${rest}`}`
}

function noteFor(
  one: Measured,
  chosen: Measured,
  comparison: Compared | undefined,
  undecided: Undecided | null,
): string {
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
  const [own, others] = [serverBytes(one), serverBytes(chosen)]
  if (other && own !== null && others !== null) {
    const difference = own - others
    if (Math.abs(difference) >= 2 ** 20) {
      parts.push(`${difference < 0 ? '-' : '+'}${mebibytes(Math.abs(difference))}`)
    }
  }
  if (other && !couldMatch(one, chosen)) {
    parts.push('with more clients than this run had it falls behind (modelled)')
  }
  if (other && one.overBudget !== undefined) {
    const { takesBytes, budgetBytes } = one.overBudget
    parts.push(`takes ${mebibytes(takesBytes)}, and ${mebibytes(budgetBytes)} may be used`)
  }
  if (undecided !== null) parts.push(undecidedWords(undecided, one, comparison))
  if (ids !== '') parts.push(`some trials invalid: ${ids}`)
  return parts.join(', ')
}
