export interface ParsedMetric {
  type: string
  samples: { name: string; labels: Record<string, string>; value: number }[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy
const SUFFIXES: Record<string, string[]> = {
  histogram: ['_bucket', '_sum', '_count'],
  gauge: [''],
  counter: [''],
}

/**
 * Reads the text format (version 0.0.4) as strictly as it is defined: HELP and TYPE once and before the samples, names, escapes, no series
 * twice, buckets that grow and end with +Inf. Throws at the first fault.
 */
export function parsePrometheus(text: string): Map<string, ParsedMetric> {
  const metrics = new Map<string, ParsedMetric>()
  const helped = new Set<string>()
  const seen = new Set<string>()
  let current = ''
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      if (helped.has(name) || !NAME.test(name)) throw new Error(line)
      helped.add(name)
    } else if (kind === 'TYPE') {
      if (metrics.has(name) || !helped.has(name) || !(rest in SUFFIXES)) throw new Error(line)
      metrics.set(name, { type: rest, samples: [] })
      current = name
    } else {
      const metric = metrics.get(current)
      const [, sampleName = '', labelText = '', value = ''] = SAMPLE.exec(line) ?? []
      const allowed = SUFFIXES[metric?.type ?? '']?.map((suffix) => current + suffix)
      if (!allowed?.includes(sampleName) || seen.has(`${sampleName}{${labelText}}`)) throw new Error(line)
      seen.add(`${sampleName}{${labelText}}`)
      if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(value)) throw new Error(line)
      metric?.samples.push({ name: sampleName, labels: parseLabels(labelText), value: Number(value) })
    }
  }
  for (const [name, metric] of metrics) if (metric.type === 'histogram') checkHistogram(name, metric)
  return metrics
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let length = 0
  for (const [whole, name = '', value = ''] of text.matchAll(LABEL)) {
    if (name in labels) throw new Error(`the label ${name} twice`)
    labels[name] = value
    length += whole.length
  }
  if (length !== text.length) throw new Error(`labels: ${text}`)
  return labels
}

function checkHistogram(name: string, { samples }: ParsedMetric): void {
  const series = new Map<string, typeof samples>()
  for (const sample of samples) {
    const key = JSON.stringify(Object.entries(sample.labels).filter(([label]) => label !== 'le'))
    series.set(key, [...(series.get(key) ?? []), sample])
  }
  for (const of of series.values()) {
    const buckets = of.filter((sample) => sample.name === `${name}_bucket`)
    const values = buckets.map(({ value }) => value)
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Infinity : Number(labels.le)))
    const count = of.find((sample) => sample.name === `${name}_count`)?.value
    const grows = (numbers: number[]) => numbers.every((number, at) => at === 0 || number >= numbers[at - 1]!)
    if (!grows(values) || !grows(bounds) || bounds.at(-1) !== Infinity || values.at(-1) !== count)
      throw new Error(`${name} is no histogram: ${JSON.stringify(of)}`)
    if (!of.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} has no sum`)
  }
}
