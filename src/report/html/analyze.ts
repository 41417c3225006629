import type { Candidate } from '../../result/analysis.js'
import { limitedBy } from '../limit.js'
import { configurationKey, sameConfiguration } from '../../result/configuration.js'
import type { AnalyzeDocument } from '../../result/document.js'
import { constraintSentence, doubtSentences } from '../analysis-sentences.js'
import {
  formatBytes,
  formatChange,
  formatChangeInterval,
  formatLatency,
  formatMib,
  formatRate,
  latencyUnit,
  NO_FIGURE,
} from '../format.js'
import { clientsCell, loadsOf } from '../clients.js'
import { orderCandidates } from '../order.js'
import { questionSentence } from '../question.js'
import {
  againstRule,
  evidence,
  expectation,
  figuresFrom,
  headline,
  inWords,
  ruleLabel,
  partialSentence,
  plural,
  rangeOf,
  workloadClass,
  workloadShares,
  workloadTimes,
} from '../sentences.js'
import { memorySentence } from '../memory-sentence.js'
import { isRejected, outcomeWords, rejection } from '../verdicts.js'
import { confirmationSection } from './confirmation.js'
import { connectionsSection } from './connections.js'
import {
  latencyFigure,
  memoryFigure,
  throughputFigure,
  tiles,
  timelineSection,
  type Entry,
} from './figures.js'
import { markup, NOTHING, type Html } from './markup.js'
import { modelSection, whatIfSection } from './model.js'
import type { PageContent, Section } from './page.js'
import {
  commandBox,
  factList,
  findingsSection,
  footerOf,
  methodSection,
  partialSection,
  reliabilitySection,
} from './parts.js'
import { routesSection } from './routes.js'
import { scalingFigure } from './scaling.js'
import { serverSideSection } from './server-side.js'
import { htmlTable } from './table.js'
import { requestText } from '../../result/request.js'
import { serverBytes } from '../../result/memory.js'
import { shownPercentile } from '../shown-percentile.js'

/** The page of `tune analyze`: the answer, why, the pictures behind it, everything else below. */
export function analyzePage(document: AnalyzeDocument): PageContent {
  const ordered = orderCandidates(document.candidates)
  const entries = ordered.map((candidate) => entryOf(candidate, document))
  return {
    title: `${headline(document)} (${document.app.spec})`,
    header: headerOf(document),
    sections: [
      ...whySection(document),
      ...confirmationSection(document),
      ...(ordered.length === 0 ? partialSection(document) : []),
      ...chartSection('throughput', 'Throughput', throughputFigure('chart-throughput', entries)),
      ...chartSection('scaling', 'Scaling', scalingFigure('chart-scaling', document, null)),
      ...connectionsSection(document),
      ...chartSection(
        'latency',
        'Latency',
        latencyFigure('chart-latency', importantFirst(entries, document)),
      ),
      ...chartSection('memory', 'Memory', memoryFigure('chart-memory', entries)),
      ...candidatesSection(document, ordered),
      ...findingsSection(document.findings),
      ...modelSection(document),
      ...whatIfSection(document),
      ...routesSection(document),
      ...serverSideSection(document),
      reliabilitySection(document),
      ...timelineSection(document),
      methodSection(document),
    ],
    footer: footerOf(document),
  }
}

function headerOf(document: AnalyzeDocument): Html {
  const { app, request, recommendation, status } = document
  const action = recommendation?.action ?? 'inconclusive'
  const kind = action === 'inconclusive' ? 'warn' : 'good'
  const badge = { change: 'Change', keep: 'Keep', inconclusive: 'Inconclusive' }[action]
  const partial =
    status === 'interrupted'
      ? markup`<p><strong>Partial:</strong> ${partialSentence(document)}.</p>`
      : NOTHING
  return markup`<p class="kicker">${`tune analyze ${app.spec}, ${requestText(request)}`}</p>
    <div class="card ${kind}">
      <span class="badge">${badge}</span>
      <h1>${headline(document)}</h1>
      ${partial}${recommendation === null ? NOTHING : markup`${commandBox(recommendation.command)}${answerTiles(document)}`}
    </div>`
}

function answerTiles(document: AnalyzeDocument): Html {
  const { recommendation, heuristic } = document
  if (recommendation === null) return NOTHING
  const { throughputRps, latencyUs, openLoad = false } = recommendation.expected
  const shown = shownPercentile(document)
  const range = throughputRps === null ? '' : rangeOf(throughputRps, openLoad)
  const items = [
    {
      label: 'Throughput',
      figure: throughputRps === null ? NO_FIGURE : `${formatRate(throughputRps.value)} req/s`,
      detail: range,
    },
    { label: `Latency ${shown}`, figure: formatLatency(latencyUs[shown]), detail: '' },
    { label: 'Latency p99', figure: formatLatency(latencyUs.p99), detail: '' },
    { label: 'Memory', figure: formatBytes(serverBytes(recommendation.expected)), detail: '' },
  ]
  const isRule =
    heuristic !== null && sameConfiguration(heuristic.configuration, recommendation.configuration)
  const effect = heuristic?.effect
  if (heuristic !== null && !isRule && effect != null) {
    items.push({
      label: `Against 2N+1 (${inWords(heuristic.configuration)})`,
      figure: formatChange(effect.ratio),
      detail: `${heuristic.verdict}; ${formatChangeInterval(effect)}`,
    })
  }
  return tiles(items)
}

function whySection(document: AnalyzeDocument): Section[] {
  const { recommendation, heuristic, workload, memory } = document
  const question = questionSentence(document)
  const facts = [
    ...(question === null ? [] : [{ label: 'Asked for', text: question }]),
    ...(recommendation === null
      ? []
      : [
          { label: 'Expected', text: `${expectation(document)}; ${evidence(recommendation)}` },
          ...recommendation.reasons.map((text) => ({ label: 'Because', text })),
        ]),
    ...(heuristic === null
      ? []
      : [
          { label: 'Against 2N+1', text: againstRule(document) },
          { label: ruleLabel(document), text: heuristic.explanation },
        ]),
    ...(workload === null
      ? []
      : [
          { label: 'Limited by', text: limitedBy(workload, document) },
          { label: 'Workload', text: workloadClass(workload) },
          { label: 'Per request', text: workloadTimes(workload) },
          { label: 'Shares', text: workloadShares(workload) },
          ...(workload.constraints ?? []).map((one) => ({ label: 'Also', text: constraintSentence(one) })),
          ...doubtSentences(workload).map((text) => ({ label: 'Not sure', text })),
        ]),
    ...(memory === null
      ? []
      : [{ label: 'Memory', text: memorySentence(memory, document.model?.leakBytesPerRequest) }]),
  ]
  return facts.length === 0 ? [] : [{ id: 'why', title: 'Why', body: factList(facts) }]
}

function chartSection(id: string, title: string, body: Html): Section[] {
  return body === NOTHING ? [] : [{ id, title, body }]
}

function entryOf(candidate: Candidate, document: AnalyzeDocument): Entry {
  const { configuration, connections, throughputRps, outcome } = candidate
  const severalLoads = loadsOf(document.candidates).length > 1
  const load = severalLoads ? ` at ${connections} ${plural(connections, 'client')}` : ''
  return {
    label: `${inWords(configuration)}${load}: ${outcomeWords(candidate, document)}`,
    throughputRps,
    memoryBytes: serverBytes(candidate),
    best: outcome === 'recommended',
    trials: document.trials.filter(
      (trial) =>
        (trial.phase === 'race' || trial.phase === 'confirmation') &&
        trial.load.connections === connections &&
        configurationKey(trial.configuration) === configurationKey(configuration),
    ),
  }
}

/** The answer, then the rule, then the others: a picture of curves holds only a few. */
function importantFirst(entries: readonly Entry[], { heuristic }: AnalyzeDocument): Entry[] {
  const isRule = ({ trials }: Entry): boolean =>
    heuristic !== null && trials.some((one) => sameConfiguration(one.configuration, heuristic.configuration))
  const weight = (entry: Entry): number => (entry.best ? 0 : isRule(entry) ? 1 : 2)
  return entries.toSorted((a, b) => weight(a) - weight(b))
}

function candidatesSection(document: AnalyzeDocument, ordered: readonly Candidate[]): Section[] {
  if (ordered.length === 0) return []
  const shown = shownPercentile(document)
  const unit = latencyUnit(ordered.flatMap(({ latencyUs }) => [latencyUs[shown], latencyUs.p99]))
  const table = htmlTable({
    caption: [
      `All ${ordered.length} candidates, with measured figures; a head sorts by its column.`,
      figuresFrom(document) ?? '',
    ]
      .join(' ')
      .trim(),
    rows: ordered,
    sortable: true,
    mark: ({ outcome }) => (outcome === 'recommended' ? 'best' : outcome === 'invalid' ? 'invalid' : ''),
    columns: [
      { head: 'configuration', align: 'left', cell: ({ configuration }) => inWords(configuration) },
      { head: 'clients', align: 'right', cell: clientsCell },
      { head: 'req/s', figure: ({ throughputRps }) => throughputRps?.value ?? null, format: formatRate },
      {
        head: 'against the answer',
        figure: ({ effect }) => (effect === null ? null : effect.ratio),
        format: formatChange,
      },
      {
        head: '95 % interval',
        align: 'right',
        cell: ({ effect }) => (effect === null ? NO_FIGURE : formatChangeInterval(effect) || NO_FIGURE),
      },
      { head: `${shown} ${unit.name}`, figure: ({ latencyUs }) => latencyUs[shown], format: unit.format },
      { head: `p99 ${unit.name}`, figure: ({ latencyUs }) => latencyUs.p99, format: unit.format },
      { head: 'MiB', figure: serverBytes, format: formatMib },
      { head: 'outcome', align: 'left', cell: (one) => outcomeWords(one, document) },
    ],
  })
  const notes = factList(
    ordered.flatMap((one) => {
      const label = inWords(one.configuration)
      const origin = { label, text: `proposed by ${one.proposedBy.join('; ')}` }
      return isRejected(one) ? [origin, { label, text: `not chosen: ${rejection(one, document)}` }] : [origin]
    }),
  )
  return [
    {
      id: 'candidates',
      title: 'Candidates',
      body: markup`${table}
      <h3>Where they come from, and why not</h3>
      ${notes}`,
    },
  ]
}
