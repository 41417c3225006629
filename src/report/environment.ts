import type { ResultDocument } from '../result/document.js'
import type { MachineFact } from '../result/machine.js'
import { formatBytes, formatCpus, formatDuration, NO_FIGURE } from './format.js'

export interface EnvironmentFact {
  label: string
  value: string
  /** Where it was read; empty where there is nothing to add. */
  source: string
}

/** The machine and the run, as a report shows them. */
export function environmentFacts({
  machine,
  startedAt,
  durationSeconds,
}: Pick<ResultDocument, 'machine' | 'startedAt' | 'durationSeconds'>): EnvironmentFact[] {
  const fact = (label: string, value: string, source = ''): EnvironmentFact => ({ label, value, source })
  return [
    fact('effective CPUs', formatCpus(machine.effectiveCpus), machine.effectiveCpusSource),
    fact('memory limit', formatBytes(machine.memoryLimitBytes), machine.memoryLimitSource),
    fact('memory available', formatBytes(machine.memoryAvailableBytes)),
    fact('CPU', machine.cpuModel),
    fact('platform', machine.platform),
    fact('kernel', machine.kernel),
    fact('Node', machine.nodeVersion),
    fact('started', startedAt),
    fact('took', formatDuration(durationSeconds)),
    ...machine.facts.map((one) => fact(one.label, factValue(one), one.source)),
  ]
}

function factValue({ value, unit }: MachineFact): string {
  if (value === null) return NO_FIGURE
  if (typeof value === 'string') return value
  if (unit === 'bytes') return formatBytes(value)
  return unit === 'cpus' ? formatCpus(value) : String(value)
}
