import { median } from 'simple-statistics'
import type { Estimate } from '../../result/analysis.js'
import type { Trial } from '../../result/trial.js'
import { formatMib, formatPlusMinus, formatRate, latencyUnit } from '../format.js'
import { latencyCurve, type CurvePoint } from '../latency-curve.js'
import { plural } from '../sentences.js'
import { barChart, type Bar } from './charts/bars.js'
import { figure } from './charts/chart.js'
import { MAX_CURVES, percentileChart } from './charts/percentiles.js'
import { timelineChart, type TimelinePoint } from './charts/timeline.js'
import { markup, NOTHING, type Html } from './markup.js'
import type { Section } from './page.js'
import { rate, trialsTable } from './parts.js'
import { htmlTable } from './table.js'

/** One configuration as the charts show it. */
export interface Entry {
  label: string
  throughputRps: Estimate | null
  memoryBytes: number | null
  best: boolean
  /** The trials behind it, believed or not. */
  trials: readonly Trial[]
}

/** Bars of a picture that is understood at once; the table below it has them all. */
const MAX_BARS = 14
/** Marks of the timeline; beyond that every n-th trial stands for its neighbours. */
const MAX_POINTS = 500

export function throughputFigure(id: string, entries: readonly Entry[]): Html {
  const measured = entries.filter(({ throughputRps }) => throughputRps !== null)
  if (measured.length === 0) return NOTHING
  const bars = measured.slice(0, MAX_BARS).map(({ label, throughputRps, best }): Bar => {
    const { value = 0, low = null, high = null } = throughputRps ?? {}
    const detail = throughputRps === null ? '' : formatPlusMinus(throughputRps)
    return { label, value, low, high, best, text: `${formatRate(value)} req/s`, detail }
  })
  const table = htmlTable({
    caption: 'Requests per second with the 95 % interval',
    rows: entries,
    sortable: true,
    mark: ({ best }) => (best ? 'best' : ''),
    columns: [
      { head: 'configuration', align: 'left', cell: ({ label }) => label },
      { head: 'req/s', figure: ({ throughputRps }) => throughputRps?.value ?? null, format: formatRate },
      { head: 'from', figure: ({ throughputRps }) => throughputRps?.low ?? null, format: formatRate },
      { head: 'to', figure: ({ throughputRps }) => throughputRps?.high ?? null, format: formatRate },
    ],
  })
  const best = measured.find((one) => one.best)
  const lead =
    best === undefined
      ? ''
      : ` The coloured bar is the answer: ${best.label}, ${rate(best.throughputRps?.value ?? null)} req/s.`
  return figure(
    {
      id,
      title: 'Throughput by configuration',
      description: `Requests per second of ${shown(bars.length, measured.length)}${bars.some(({ low }) => low !== null) ? '; the whisker is the 95 % interval' : ''}.${lead}`,
      draw: (width) => barChart(bars, width),
    },
    table,
  )
}

export function memoryFigure(id: string, entries: readonly Entry[]): Html {
  const measured = entries.filter(({ memoryBytes }) => memoryBytes !== null)
  if (measured.length === 0) return NOTHING
  const bars = measured.slice(0, MAX_BARS).map(({ label, memoryBytes, best }): Bar => {
    const value = memoryBytes ?? 0
    return { label, value, low: null, high: null, best, text: `${formatMib(memoryBytes)} MiB`, detail: '' }
  })
  const table = htmlTable({
    caption: 'Memory (PSS) of arbiter and workers',
    rows: entries,
    sortable: true,
    mark: ({ best }) => (best ? 'best' : ''),
    columns: [
      { head: 'configuration', align: 'left', cell: ({ label }) => label },
      { head: 'MiB', figure: ({ memoryBytes }) => memoryBytes, format: formatMib },
    ],
  })
  return figure(
    {
      id,
      title: 'Memory by configuration',
      description: `Memory of arbiter and workers under load (PSS, which counts shared pages once) of ${shown(bars.length, measured.length)}.`,
      draw: (width) => barChart(bars, width),
    },
    table,
  )
}

/** Curves of the first entries that have histograms; put those that matter first. */
export function latencyFigure(id: string, entries: readonly Entry[]): Html {
  const curves = entries
    .map(({ label, trials }) => ({ label, points: latencyCurve(believedHistograms(trials)) }))
    .filter(({ points }) => points.length > 0)
    .slice(0, MAX_CURVES)
  if (curves.length === 0) return NOTHING
  const unit = latencyUnit(curves.flatMap(({ points }) => points.map(({ us }) => us)))
  const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999]
  const table = htmlTable({
    caption: `Latency in ${unit.name}, all believed trials of a configuration together`,
    rows: curves,
    sortable: true,
    columns: [
      { head: 'configuration', align: 'left', cell: ({ label }) => label },
      ...quantiles.map((quantile) => ({
        head: `p${Number((quantile * 100).toFixed(1))}`,
        figure: ({ points }: { points: CurvePoint[] }) => atQuantile(points, quantile),
        format: unit.format,
      })),
    ],
  })
  return figure(
    {
      id,
      title: 'Latency percentiles',
      description:
        `The share of requests that were answered within a time, on an axis that widens towards the slowest, of ` +
        `${curves.length} ${plural(curves.length, 'configuration')}. A curve ends where its sample ends to carry it. Lower is better.`,
      draw: (width) => percentileChart(curves, width),
    },
    table,
  )
}

function believedHistograms(trials: readonly Trial[]): string[] {
  return trials.filter(({ validity }) => validity.ok).map(({ histogram }) => histogram)
}

/** The first point at or above the quantile; `null` where the curve ends before it. */
function atQuantile(points: readonly CurvePoint[], quantile: number): number | null {
  return points.find((point) => point.quantile >= quantile - 1e-9)?.us ?? null
}

export function timelineSection(document: { trials: readonly Trial[]; startedAt: string }): Section[] {
  const { trials, startedAt } = document
  if (trials.length === 0) return []
  const points = timelinePoints(trials, Date.parse(startedAt))
  const invalid = points.filter(({ believed }) => !believed).length
  const description =
    `Each of the ${trials.length} trials at its time: its throughput against the median of the same configuration at the same load. ` +
    (invalid === 0
      ? 'All were believed.'
      : `${invalid} ${plural(invalid, 'trial')} marked with a cross ${invalid === 1 ? 'was' : 'were'} not believed and ${invalid === 1 ? 'feeds' : 'feed'} nothing.`)
  const chart = {
    id: 'chart-timeline',
    title: 'Trials over time',
    description: `${description} A slope is a machine that drifts, a spike a disturbed trial.`,
    draw: (width: number) => timelineChart(thinned(points), width),
  }
  return [{ id: 'timeline', title: 'Trials', body: figure(chart, trialsTable(document)) }]
}

function timelinePoints(trials: readonly Trial[], start: number): TimelinePoint[] {
  const keyOf = ({ phase, target, load }: Trial): string =>
    `${phase === 'matrix' ? phase : ''} ${load.connections} ${target}`
  const rates = new Map<string, number[]>()
  for (const trial of trials) {
    if (!trial.validity.ok) continue
    rates.set(keyOf(trial), [...(rates.get(keyOf(trial)) ?? []), trial.throughputRps])
  }
  return trials.map((trial) => {
    const own = rates.get(keyOf(trial))
    const middle = own === undefined ? 0 : median(own)
    return {
      seconds: Math.max(0, (Date.parse(trial.startedAt) - start) / 1000),
      deviation: middle === 0 ? null : trial.throughputRps / middle - 1,
      believed: trial.validity.ok,
      phase: trial.phase,
    }
  })
}

/** Every n-th of each kind, so that the few that are not believed do not vanish among the many that are. */
function thinned(points: readonly TimelinePoint[]): TimelinePoint[] {
  const kept = [true, false].flatMap((kind) => {
    const same = points.filter(({ believed }) => believed === kind)
    const step = Math.ceil(same.length / (MAX_POINTS / 2))
    return same.filter((_, index) => index % step === 0)
  })
  return kept.toSorted((a, b) => a.seconds - b.seconds)
}

function shown(count: number, all: number): string {
  const what = `${all} ${plural(all, 'configuration')}`
  return count === all ? what : `the first ${count} of ${what}`
}

/** `+38 %` style tiles of a card. */
export function tiles(items: readonly { label: string; figure: string; detail: string }[]): Html {
  return markup`<dl class="tiles">
    ${items.map(
      ({ label, figure: value, detail }) =>
        markup`<div>
          <dt>${label}</dt>
          <dd>${value}${detail === '' ? NOTHING : markup`<small>${detail}</small>`}</dd>
        </div>`,
    )}
  </dl>`
}
