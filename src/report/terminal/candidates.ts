import type { Candidate } from '../../result/analysis.js'
import { configurationKey, sameConfiguration } from '../../result/configuration.js'
import type { AnalyzeDocument } from '../../result/document.js'
import { serverBytes } from '../../result/memory.js'
import { clientsCell, loadsOf } from '../clients.js'
import { formatChange, formatMib, formatRate, latencyUnit, NO_FIGURE } from '../format.js'
import { orderCandidates } from '../order.js'
import { figuresFrom } from '../sentences.js'
import { outcomeWords } from '../verdicts.js'
import type { Paper, Tint } from './paper.js'
import { renderTable, type Column } from './table.js'
import { shownPercentile } from '../shown-percentile.js'

const TINTS: Partial<Record<Candidate['outcome'], Tint>> = {
  recommended: 'good',
  worse: 'bad',
  invalid: 'warn',
  excluded: 'faint',
}

/** Every candidate, the recommended one first. Narrow terminals name a configuration by its key. */
export function candidateTable(document: AnalyzeDocument, paper: Paper): string[] {
  const candidates = orderCandidates(document.candidates)
  const loads = loadsOf(candidates)
  const [only] = loads
  const at = loads.length === 1 && only !== undefined ? ` at ${only} client connections` : ''
  const columns = paper.width < 60 ? narrowColumns(document) : wideColumns(document, loads.length > 1)
  const whence = figuresFrom(document)
  return [
    ...paper.heading(`Candidates${at}, measured${legend(document)}`),
    ...renderTable(columns, candidates, paper),
    ...(whence === null ? [] : paper.item('', whence, 2)),
  ]
}

function legend({ recommendation }: AnalyzeDocument): string {
  if (recommendation === null) return ''
  const reference =
    recommendation.action === 'inconclusive' ? 'what stays until more is known' : 'recommended'
  return `: > ${reference}, ~ equivalent to it`
}

/** Whom changes are against: the answer, or what stands in for it. */
function isReference(
  { configuration, outcome: word }: Candidate,
  { recommendation }: AnalyzeDocument,
): boolean {
  if (recommendation?.action !== 'inconclusive') return word === 'recommended'
  return sameConfiguration(configuration, recommendation.configuration)
}

function narrowColumns(document: AnalyzeDocument): Column<Candidate>[] {
  const name = (candidate: Candidate): string => configurationKey(candidate.configuration)
  return [marked('configuration', name, document), rate, change, outcome(document)]
}

function wideColumns(document: AnalyzeDocument, severalLoads: boolean): Column<Candidate>[] {
  const { candidates } = document
  const shown = shownPercentile(document)
  const unit = latencyUnit(candidates.flatMap(({ latencyUs }) => [latencyUs[shown], latencyUs.p99]))
  const held = new Set(
    candidates
      .filter(({ configuration }) => configuration.workerClass === 'async')
      .map(({ configuration }) => configuration.workerConnections),
  )
  const className = ({ configuration }: Candidate): string => {
    const { workerClass, workerConnections, threadPool } = configuration
    const more = [
      ...(workerClass === 'async' && held.size > 1 ? [String(workerConnections)] : []),
      ...(threadPool === undefined ? [] : [`pool ${threadPool}`]),
    ]
    return more.length === 0 ? workerClass : `${workerClass} (${more.join(', ')})`
  }
  return [
    marked('class', className, document),
    { head: 'workers', align: 'right', from: 0, rank: 9, cell: (c) => String(c.configuration.workers) },
    { head: 'threads', align: 'right', from: 0, rank: 8, cell: (c) => String(c.configuration.threads) },
    ...(severalLoads ? [clients] : []),
    rate,
    change,
    {
      head: `${shown} ${unit.name}`,
      align: 'right',
      from: 80,
      rank: 2,
      cell: (c) => unit.format(c.latencyUs[shown]),
    },
    {
      head: `p99 ${unit.name}`,
      align: 'right',
      from: 60,
      rank: 5,
      cell: (c) => unit.format(c.latencyUs.p99),
    },
    { head: 'MiB', align: 'right', from: 80, rank: 3, cell: (c) => formatMib(serverBytes(c)) },
    outcome(document),
  ]
}

function marked(
  head: string,
  name: (candidate: Candidate) => string,
  document: AnalyzeDocument,
): Column<Candidate> {
  return {
    head: `  ${head}`,
    align: 'left',
    from: 0,
    rank: 11,
    cell: (candidate) => `${isReference(candidate, document) ? '>' : ' '} ${name(candidate)}`,
    tint: ({ outcome: word }) => (word === 'recommended' ? 'strong' : 'plain'),
  }
}

const clients: Column<Candidate> = {
  head: 'clients',
  align: 'right',
  from: 80,
  rank: 4,
  cell: clientsCell,
}

const rate: Column<Candidate> = {
  head: 'req/s',
  align: 'right',
  from: 0,
  rank: 10,
  cell: ({ throughputRps }) => (throughputRps === null ? NO_FIGURE : formatRate(throughputRps.value)),
}

const change: Column<Candidate> = {
  head: 'vs >',
  align: 'right',
  from: 0,
  rank: 7,
  cell: ({ effect, outcome: word }) =>
    effect === null ? NO_FIGURE : `${formatChange(effect.ratio)}${word === 'equivalent' ? ' ~' : ''}`,
}

function outcome(document: AnalyzeDocument): Column<Candidate> {
  return {
    head: 'outcome',
    align: 'left',
    from: 0,
    rank: 6,
    cell: (candidate) => outcomeWords(candidate, document),
    tint: ({ outcome: word }) => TINTS[word] ?? 'plain',
  }
}
