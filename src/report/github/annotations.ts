import type { BudgetOutcome } from '../../result/budget.js'
import { budgetLine } from '../comparison/words.js'
import { plain } from '../plain.js'

/** GitHub shows no more than this many of a kind for each step. */
const MAX_OF_A_KIND = 10

/** Workflow commands for budgets that are broken or cannot be decided; what is kept needs no attention. */
export function budgetAnnotations(outcomes: readonly BudgetOutcome[]): string[] {
  const remarkable = outcomes.filter(({ outcome }) => outcome !== 'pass')
  const kinds = [
    ['error', remarkable.filter(({ outcome, level }) => outcome === 'fail' && level === 'error')],
    ['warning', remarkable.filter(({ outcome, level }) => outcome !== 'fail' || level === 'warn')],
  ] as const
  return kinds.flatMap(([kind, own]) =>
    own.slice(0, MAX_OF_A_KIND).map((one) => {
      const title = one.outcome === 'fail' ? 'Performance budget broken' : 'Performance budget not decided'
      return `::${kind} title=${property(title)}::${data(budgetLine(one))}`
    }),
  )
}

function data(text: string): string {
  return plain(text).replaceAll('%', '%25')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
