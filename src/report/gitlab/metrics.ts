import type { ComparisonDocument } from '../../result/comparison.js'
import { hostKey } from '../../result/host-key.js'
import { METRICS, type Metric } from '../../result/metric.js'
import { plain } from '../plain.js'

/** GitLab's merge request widget reads no more lines than this. */
const MOST_SAMPLES = 1000

const NAMES: Record<Metric, string> = {
  rps: 'tune_requests_per_second',
  'latency.p50': 'tune_latency_p50_seconds',
  'latency.p95': 'tune_latency_p95_seconds',
  'latency.p99': 'tune_latency_p99_seconds',
  'cpu.per-request': 'tune_cpu_per_request_seconds',
  'memory.pss': 'tune_memory_pss_bytes',
  'errors.rate': 'tune_error_ratio',
}

interface Sample {
  metric: Metric
  labels: Record<string, string>
  value: number
}

/**
 * The head's figures in the text format of OpenMetrics 1.0, in base units, for GitLab's metrics report: it shows what changed between
 * the reports of two pipelines.
 */
export function renderMetricsReport({ subjects }: ComparisonDocument): string {
  const samples = subjects
    .flatMap(({ workload, server, configuration, connections, metrics }) =>
      metrics.flatMap(({ metric, head }): Sample[] => {
        if (head === null) return []
        const named = workload === null ? {} : { workload }
        const labels = {
          ...named,
          configuration: hostKey({ server, configuration }),
          clients: String(connections.head),
        }
        return [{ metric, labels, value: baseUnit(metric, head.value) }]
      }),
    )
    .slice(0, MOST_SAMPLES)
  // Samples of one family stand together.
  const families = [...new Set(samples.map(({ metric }) => metric))]
  const lines = families.flatMap((metric) => [
    `# TYPE ${NAMES[metric]} gauge`,
    ...(METRICS[metric].unit === 'us' ? [`# UNIT ${NAMES[metric]} seconds`] : []),
    `# HELP ${NAMES[metric]} ${METRICS[metric].title} of the head`,
    ...samples.filter((sample) => sample.metric === metric).map(sampleLine),
  ])
  return [...lines, '# EOF', ''].join('\n')
}

function baseUnit(metric: Metric, value: number): number {
  return METRICS[metric].unit === 'us' ? Number((value / 1e6).toPrecision(6)) : Number(value.toPrecision(6))
}

function sampleLine({ metric, labels, value }: Sample): string {
  const list = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`)
  return `${NAMES[metric]}{${list.join(',')}} ${value}`
}

function escapeLabel(text: string): string {
  return plain(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}
