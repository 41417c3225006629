import type { Confirmation } from '../../result/analysis.js'
import type { AnalyzeDocument, Noise } from '../../result/document.js'
import { candidateName, confirmationSentences } from '../analysis-sentences.js'
import { formatChange, formatChangeInterval, formatEffect, NO_FIGURE } from '../format.js'
import { plural } from '../sentences.js'
import { undecidedReason, verdictWord } from '../verdicts.js'
import { pictureOf } from './charts/chart.js'
import { forestChart, type ForestRow } from './charts/forest.js'
import { markup } from './markup.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

type ConfirmedEffect = Confirmation['effects'][number]

/** The second look on fresh servers, whose effects alone are quoted; empty in results without one. */
export function confirmationSection(document: AnalyzeDocument): Section[] {
  const { confirmation } = document
  if (confirmation === undefined) return []
  const section = { id: 'confirmation', title: 'Confirmation' }
  if (confirmation.effects.length === 0) {
    return [
      { ...section, body: markup`${confirmationSentences(document).map((text) => markup`<p>${text}</p>`)}` },
    ]
  }
  const { blocks, effects, note } = confirmation
  const measure = document.heuristic?.measure ?? 'throughput'
  const pair = (one: ConfirmedEffect): string =>
    `${candidateName(one.key, document)} against ${candidateName(one.against, document)}`
  const { noise } = document
  const rows = effects.map((one): ForestRow => forestRow(one, pair(one), noise))
  const chart = {
    id: 'chart-confirmation',
    title: `Confirmed effect on ${measure}`,
    description:
      `Change of ${measure} (dot) with its 95 % interval (line), on servers that were started anew, in ${blocks} ${plural(blocks, 'block')} of their own. ` +
      `The band around zero counts as equivalent. ${rows.map(({ label, text }) => `${label}: ${text}`).join('; ')}.`,
    draw: (width: number) => forestChart(rows, width),
  }
  const table = htmlTable({
    caption: `What the fresh servers showed of ${measure}, and what the race had shown, which selects and so flatters what it selects`,
    rows: effects,
    columns: [
      { head: 'configuration', align: 'left', cell: ({ key }) => candidateName(key, document) },
      { head: 'against', align: 'left', cell: ({ against }) => candidateName(against, document) },
      { head: 'effect', align: 'right', cell: ({ effect }) => formatChange(effect.ratio) },
      {
        head: '95 % interval',
        align: 'right',
        cell: ({ effect }) => formatChangeInterval(effect) || NO_FIGURE,
      },
      { head: 'blocks', align: 'right', cell: ({ effect }) => String(effect.blocks) },
      { head: 'verdict', align: 'left', cell: ({ verdict, effect }) => verdictWord(verdict, effect, noise) },
      {
        head: 'in the race',
        align: 'right',
        cell: ({ raceEffect }) => (raceEffect === null ? NO_FIGURE : formatEffect(raceEffect)),
      },
    ],
  })
  const reasons = effects.flatMap((one) => {
    const reason = undecidedReason(one.verdict, one.effect, noise)
    return reason === '' ? [] : [markup`<p>${`${pair(one)}: ${reason}.`}</p>`]
  })
  return [{ ...section, body: markup`<p>${note}</p>${pictureOf(chart)}${table}${reasons}` }]
}

function forestRow({ effect, verdict }: ConfirmedEffect, label: string, noise: Noise | null): ForestRow {
  const { ratio, low, high } = effect
  return {
    label,
    text: `${verdictWord(verdict, effect, noise)}, ${formatChange(ratio)}`,
    change: ratio - 1,
    low: low === null ? null : low - 1,
    high: high === null ? null : high - 1,
    margin: noise?.margin ?? 0,
    kind: verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'plain',
  }
}
