import { objectiveText } from '../../result/objective.js'
import type { RateDocument, RateProbe, RateSubject } from '../../result/rate-document.js'
import { requestText } from '../../result/request.js'
import { environmentFacts } from '../environment.js'
import { formatLatency, formatRate, formatShare, latencyUnit } from '../format.js'
import {
  bestSubject,
  largestSentence,
  openLoadSentence,
  orderProbes,
  probeVerdict,
  rateHeadline,
} from '../rate.js'
import { hostInWords } from '../sentences.js'
import { pictureOf } from './charts/chart.js'
import { rateChart } from './charts/rate.js'
import { markup, NOTHING, type Html } from './markup.js'
import { renderPage, type Section } from './page.js'
import { htmlTable } from './table.js'

/** report.html of `tune bench --rate` and `--slo`: a picture of latency over the offered rate for each configuration, its table beside it. */
export function renderRateHtml(document: RateDocument): string {
  const { app, request, objective, subjects, status, tool, schemaVersion, name, startedAt } = document
  const headline = rateHeadline(document)
  const isGood = objective === null || bestSubject(document) !== null
  return renderPage({
    title: headline,
    header: markup`<p class="kicker">${`tune bench ${app?.spec ?? ''}, ${requestText(request)}`}</p>
      <div class="card ${isGood && status === 'complete' ? 'good' : 'warn'}">
        <h1>${headline}</h1>
        ${status === 'interrupted' ? markup`<p><strong>Partial:</strong> the run was interrupted.</p>` : NOTHING}
        <p>${openLoadSentence(document)}</p>
      </div>`,
    sections: [
      ...subjects
        .filter(({ probes }) => probes.length > 0)
        .map((one, index) => subjectSection(one, index, document)),
      environmentSection(document),
    ],
    footer: markup`<p>${`${tool.name} ${tool.version}, schema ${schemaVersion}, run ${name}, started ${startedAt}. Everything that is known stands in rate.json.`}</p>`,
  })
}

function subjectSection(subject: RateSubject, index: number, { objective }: RateDocument): Section {
  const probes = orderProbes(subject.probes)
  const answer = largestSentence(subject)
  const name = hostInWords(subject)
  const limit =
    objective === null ? '' : ` The horizontal line is the objective, ${objectiveText(objective)}.`
  const chart = {
    id: `chart-rate-${index + 1}`,
    title: 'Latency against offered rate',
    description: `${name}, each point one window at one rate; waiting that the server causes is in the latency.${limit}${answer === null ? '' : ` ${answer.charAt(0).toUpperCase()}${answer.slice(1)}.`}`,
    draw: (width: number) => rateChart(subject, probes, objective, width),
  }
  return {
    id: `rate-${index + 1}`,
    title: answer === null ? name : `${name}: ${answer}`,
    link: name,
    body: markup`${pictureOf(chart)}${probeTable(probes, name, objective)}`,
  }
}

function probeTable(probes: readonly RateProbe[], name: string, objective: RateDocument['objective']): Html {
  const unit = latencyUnit(probes.flatMap(({ outcome: { latencyUs } }) => [latencyUs.p50, latencyUs.p99]))
  return htmlTable({
    caption: `Windows of ${name}, lowest rate first`,
    rows: probes,
    sortable: true,
    mark: ({ believed, met }) => (believed ? (met ? '' : 'missed') : 'invalid'),
    columns: [
      { head: 'offered req/s', figure: ({ ratePerSecond }) => ratePerSecond, format: formatRate },
      { head: 'answered req/s', figure: ({ outcome }) => outcome.achievedRps, format: formatRate },
      { head: `p50 ${unit.name}`, figure: ({ outcome }) => outcome.latencyUs.p50, format: unit.format },
      { head: `p95 ${unit.name}`, figure: ({ outcome }) => outcome.latencyUs.p95, format: unit.format },
      { head: `p99 ${unit.name}`, figure: ({ outcome }) => outcome.latencyUs.p99, format: unit.format },
      { head: 'failed', figure: failedShare, format: formatShare },
      {
        head: 'sent late, p99',
        align: 'right',
        cell: ({ outcome }) => formatLatency(outcome.latenessUs.p99),
      },
      { head: 'objective', align: 'left', cell: (probe) => probeVerdict(probe, objective) },
    ],
  })
}

/** Of the requests that were sent. */
function failedShare({ outcome: { requests } }: RateProbe): number | null {
  const { sent, errors, lost, non2xx } = requests
  return sent === 0 ? null : (errors + lost + non2xx) / sent
}

function environmentSection(document: RateDocument): Section {
  const body = htmlTable({
    caption: 'The machine and the run',
    rows: environmentFacts(document),
    columns: [
      { head: 'what', align: 'left', cell: ({ label }) => label },
      { head: 'value', align: 'left', cell: ({ value }) => value },
      { head: 'source', align: 'left', cell: ({ source }) => source },
    ],
  })
  return { id: 'environment', title: 'Environment', body }
}
