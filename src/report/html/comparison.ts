import type { ComparedSubject, ComparisonDocument, MetricComparison } from '../../result/comparison.js'
import { METRICS } from '../../result/metric.js'
import {
  budgetLine,
  changeOf,
  comparisonHeadline,
  footnotes,
  formatEstimate,
  gateLine,
  hasOnePlace,
  metricVerdict,
  mindSentences,
  orderSubjects,
  sideWords,
  subjectTitle,
} from '../comparison/words.js'
import { formatBytes, formatCpus, formatEffect, formatPercent, formatShare, NO_FIGURE } from '../format.js'
import { pictureOf } from './charts/chart.js'
import { forestChart, type ForestRow } from './charts/forest.js'
import { timelineSection } from './figures.js'
import { markup, NOTHING, type Html } from './markup.js'
import { renderPage, type PageContent, type Section } from './page.js'
import { reproduceGate } from '../reproduce.js'
import { commandBox, factList } from './parts.js'
import { htmlTable } from './table.js'

/** comparison.html: what changed, in one picture, with budgets above it and everything else below. */
export function renderComparisonHtml(document: ComparisonDocument): string {
  return renderPage(comparisonPage(document))
}

const GATES = {
  pass: { badge: 'Passed', kind: 'good' },
  fail: { badge: 'Failed', kind: 'bad' },
  inconclusive: { badge: 'Inconclusive', kind: 'warn' },
} as const

/** Configurations that are shown one by one; a matrix has more, and the answer comes first. */
const MOST_SUBJECTS = 40

function comparisonPage(document: ComparisonDocument): PageContent {
  const { base, head, gate, budgets, command, run, tool, schemaVersion } = document
  const subjects = orderSubjects(document).slice(0, MOST_SUBJECTS)
  const headline = comparisonHeadline(document)
  const { badge, kind } = GATES[gate]
  const line = gateLine(document)
  return {
    title: headline,
    header: markup`<p class="kicker">${`tune ${command}: ${head.name} against ${base.name}`}</p>
      <div class="card ${budgets.length === 0 ? 'plain' : kind}">
        ${budgets.length === 0 ? NOTHING : markup`<span class="badge">${badge}</span>`}
        <h1>${headline}</h1>
        ${line === null ? NOTHING : markup`<p>${line}.</p>`}${budgetList(document)}
      </div>`,
    sections: [
      ...subjects.map((subject, index) => subjectSection(subject, index, document)),
      mindSection(document),
      ...(run === undefined ? [] : timelineSection({ trials: run.trials, startedAt: head.startedAt })),
      methodSection(document),
    ],
    footer: markup`<p>${`${tool.name} ${tool.version}, schema ${schemaVersion}${run === undefined ? '' : `, run ${run.name}, seed ${run.seed}`}, ${head.startedAt}. Everything that is known stands in comparison.json.`}</p>`,
  }
}

function budgetList(document: ComparisonDocument): Html {
  const { budgets } = document
  if (budgets.length === 0) return NOTHING
  const kinds = { pass: 'good', fail: 'bad', inconclusive: 'warn' }
  const items = budgets.map(
    (one) =>
      markup`<li class="${kinds[one.outcome]}">
        ${budgetLine(one, hasOnePlace(document)).replaceAll(' %', '\u00a0%')}
      </li>`,
  )
  return markup`<ul class="findings">
    ${items}
  </ul>`
}

function subjectSection(subject: ComparedSubject, index: number, document: ComparisonDocument): Section {
  const title = subjectTitle(subject, document)
  const table = htmlTable({
    caption: `Base and head: ${title}`,
    rows: subject.metrics,
    columns: [
      { head: 'metric', align: 'left', cell: ({ metric }) => METRICS[metric].title },
      { head: 'base', align: 'right', cell: ({ metric, base }) => formatEstimate(metric, base) },
      { head: 'head', align: 'right', cell: ({ metric, head }) => formatEstimate(metric, head) },
      { head: 'change (95 %)', align: 'right', cell: changeOf },
      { head: 'verdict', align: 'left', cell: (one) => metricVerdict(one, document) },
      {
        head: 'base against itself',
        align: 'right',
        cell: ({ noise }) => (noise?.effect ? formatEffect(noise.effect) : NO_FIGURE),
      },
      {
        head: 'margin',
        align: 'right',
        cell: ({ noise }) => (noise === undefined ? NO_FIGURE : formatShare(noise.margin)),
      },
    ],
  })
  const id = `subject-${index + 1}`
  const rows = subject.metrics.map((one) => forestRow(one, document))
  const chart = {
    id: `chart-${id}`,
    title: 'What changed',
    description: `The change of each metric from base to head (dot) with its 95 % interval (line). The band around zero counts as no change. ${rows.map(({ label, text }) => `${label}: ${text}`).join('; ')}.`,
    draw: (width: number) => forestChart(rows, width),
  }
  return {
    id,
    title,
    link: index === 0 ? 'What changed' : title,
    body: markup`${pictureOf(chart)}${table}`,
  }
}

function forestRow(one: MetricComparison, document: ComparisonDocument): ForestRow {
  const { metric, effect, verdict, noise } = one
  const bound = (ratio: number | null | undefined): number | null => (ratio == null ? null : ratio - 1)
  const change = bound(effect?.ratio)
  return {
    label: METRICS[metric].title,
    text: change === null ? 'not measured' : `${metricVerdict(one, document)}, ${formatPercent(change)}`,
    change,
    low: bound(effect?.low),
    high: bound(effect?.high),
    margin: noise?.margin ?? 0.05,
    kind: verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'plain',
  }
}

function mindSection(document: ComparisonDocument): Section {
  const mind = mindSentences(document)
  const items = mind.map((text) => markup`<li>${text}</li>`)
  // Sentence by sentence: together they are longer than what is let in from outside.
  const body = markup`<p>${footnotes(document).map((text) => markup`${text} `)}</p>
    ${
      items.length === 0
        ? NOTHING
        : markup`<ul>
            ${items}
          </ul>`
    }`
  return { id: 'mind', title: 'How far to trust it', body }
}

function methodSection(document: ComparisonDocument): Section {
  const { base, head, run } = document
  const facts = [
    { label: 'Base', text: sideWords(base) },
    { label: 'Head', text: sideWords(head) },
    {
      label: 'Node',
      text:
        base.nodeVersion === head.nodeVersion
          ? head.nodeVersion
          : `${base.nodeVersion} and ${head.nodeVersion}`,
    },
  ]
  if (run !== undefined) {
    const { machine, request, seed } = run
    facts.push(
      { label: 'Request', text: `${request.method} ${request.path}` },
      {
        label: 'Machine',
        text: `${formatCpus(machine.effectiveCpus)} CPUs (${machine.cpuModel}), ${formatBytes(machine.memoryLimitBytes)}, ${machine.kernel}`,
      },
      { label: 'Seed', text: String(seed) },
    )
  }
  const again = reproduceGate(document)
  const repeat = again === null ? NOTHING : markup`<h3>The same run again</h3>${commandBox(again)}`
  return { id: 'method', title: 'What was compared', body: markup`${factList(facts)}${repeat}` }
}
