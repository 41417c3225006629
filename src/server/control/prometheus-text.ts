export type Labels = Record<string, string | number>

export interface Sample {
  labels: Labels
  value: number | null
  /** For histograms: `_bucket`, `_sum` or `_count`. */
  suffix?: string
}

export interface Metric {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  samples: Sample[]
}

/** The Prometheus text format, version 0.0.4. Samples without a value are left out, and metrics without samples. */
export function metricsText(metrics: Metric[]): string {
  return metrics
    .map(({ name, type, help, samples }) => {
      const lines = samples
        .filter(({ value }) => value !== null)
        .map(({ labels, value, suffix = '' }) => `${name}${suffix}${labelText(labels)} ${String(value)}\n`)
      if (lines.length === 0) return ''
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

export function gauge(name: string, help: string, samples: Sample[]): Metric {
  return { name, type: 'gauge', help, samples }
}

export function counter(name: string, help: string, samples: Sample[]): Metric {
  return { name, type: 'counter', help, samples }
}

/** Samples of one histogram. @param counts by bucket, not cumulated; the last one is above all bounds. */
export function histogramSamples(
  labels: Labels,
  bounds: readonly number[],
  counts: readonly number[],
  sum: number,
): Sample[] {
  let below = 0
  const buckets = counts.map((count, index) => {
    below += count
    const le = bounds[index] === undefined ? '+Inf' : String(bounds[index])
    return { labels: { ...labels, le }, value: below, suffix: '_bucket' }
  })
  if (buckets.length === 0) return []
  return [...buckets, { labels, value: sum, suffix: '_sum' }, { labels, value: below, suffix: '_count' }]
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
