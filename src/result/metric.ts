import { z } from 'zod'

/** Figures that two versions are compared by and that budgets are written for. */
export const metricSchema = z.enum([
  'rps',
  'latency.p50',
  'latency.p95',
  'latency.p99',
  'cpu.per-request',
  'memory.pss',
  'errors.rate',
])
export type Metric = z.infer<typeof metricSchema>

export interface MetricMeaning {
  title: string
  unit: 'rps' | 'us' | 'bytes' | 'share'
  favourable: 'more' | 'less'
}

export const METRICS: Record<Metric, MetricMeaning> = {
  rps: { title: 'requests per second', unit: 'rps', favourable: 'more' },
  'latency.p50': { title: 'latency p50', unit: 'us', favourable: 'less' },
  'latency.p95': { title: 'latency p95', unit: 'us', favourable: 'less' },
  'latency.p99': { title: 'latency p99', unit: 'us', favourable: 'less' },
  'cpu.per-request': { title: 'CPU per request', unit: 'us', favourable: 'less' },
  'memory.pss': { title: 'memory (PSS)', unit: 'bytes', favourable: 'less' },
  'errors.rate': { title: 'share of errors', unit: 'share', favourable: 'less' },
}
