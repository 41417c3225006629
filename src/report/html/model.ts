import type { AnalyzeDocument } from '../../result/document.js'
import { measuredFigure, modelSentences, predictionError, predictionsInOrder } from '../analysis-sentences.js'
import { formatBytes, formatCpus, formatNumber, formatRate } from '../format.js'
import { inWords } from '../sentences.js'
import { markup, NOTHING, type Html } from './markup.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

/** What the model had predicted beside what was measured then, and how sure each of its figures is; empty in results without one. */
export function modelSection(document: AnalyzeDocument): Section[] {
  const { model } = document
  if (model === undefined) return []
  const body = markup`${predictionTable(document)}${modelSentences(document).map((text) => markup`<p>${text}</p>`)}${certaintyTable(document)}`
  return body.text === '' ? [] : [{ id: 'model', title: 'Model against measurement', link: 'Model', body }]
}

function predictionTable(document: AnalyzeDocument): Html {
  const rows = predictionsInOrder(document)
  if (rows.length === 0) return NOTHING
  return htmlTable({
    caption: 'Predicted from one connection, then measured; the farthest off first in each unit',
    rows,
    sortable: true,
    columns: [
      { head: 'figure', align: 'left', cell: ({ what }) => what },
      { head: 'unit', align: 'left', cell: ({ unit }) => unit },
      { head: 'predicted', figure: ({ predicted }) => predicted, format: formatNumber },
      { head: 'measured', figure: ({ measured }) => measured, format: (_, row) => measuredFigure(row) },
      { head: 'error', figure: ({ error }) => error, format: (_, row) => predictionError(row) },
    ],
  })
}

function certaintyTable({ model }: AnalyzeDocument): Html {
  const rows = model?.certainty ?? []
  if (rows.length === 0) return NOTHING
  return markup`<h3>How sure the figures of the model are</h3>${htmlTable({
    caption: 'Confidence, why, and what would raise it',
    rows,
    columns: [
      { head: 'figure', align: 'left', cell: ({ figure }) => figure },
      { head: 'value', align: 'left', cell: ({ value }) => value },
      { head: 'confidence', align: 'left', cell: ({ confidence }) => confidence },
      { head: 'why', align: 'left', cell: ({ why }) => why },
      { head: 'surer with', align: 'left', cell: ({ raise }) => raise },
    ],
  })}`
}

/** The same app on another machine, by the model alone; empty where nobody asked. */
export function whatIfSection({ whatIf }: AnalyzeDocument): Section[] {
  if (whatIf === undefined) return []
  const { effectiveCpus, memoryBytes, configuration, rule, throughputRps, ruleThroughputRps, pssBytes } =
    whatIf
  const title = `With ${formatCpus(effectiveCpus)} CPUs and ${formatBytes(memoryBytes)}`
  const table = htmlTable({
    caption: `${title}: ${whatIf.evidence}, not measured`,
    rows: [
      { label: 'by the model', what: configuration, rps: throughputRps, bytes: formatBytes(pssBytes) },
      { label: '2N+1', what: rule, rps: ruleThroughputRps, bytes: '' },
    ],
    columns: [
      { head: 'proposed', align: 'left', cell: ({ label }) => label },
      { head: 'configuration', align: 'left', cell: ({ what }) => inWords(what) },
      { head: 'about req/s', align: 'right', cell: ({ rps }) => formatRate(rps) },
      { head: 'memory at start', align: 'right', cell: ({ bytes }) => bytes },
    ],
  })
  const limits = markup`<ul>
    ${whatIf.limits.map((text) => markup`<li>${text}</li>`)}
  </ul>`
  return [
    {
      id: 'what-if',
      title: `On another machine: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
      link: 'Another machine',
      body: markup`${table}${limits}`,
    },
  ]
}
