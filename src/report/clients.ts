import type { Candidate } from '../result/analysis.js'
import { NO_FIGURE } from './format.js'

/** What was left out had none. */
function hadClients({ outcome }: Candidate): boolean {
  return outcome !== 'excluded'
}

/** Client connections of a candidate, for a column. */
export function clientsCell(candidate: Candidate): string {
  return hadClients(candidate) ? String(candidate.connections) : NO_FIGURE
}

/** The different numbers of clients that candidates were measured with. */
export function loadsOf(candidates: readonly Candidate[]): number[] {
  return [...new Set(candidates.filter(hadClients).map(({ connections }) => connections))]
}
