import { memoryBytes, rssBytes } from '../process-memory.js'
import type { ServerStats, WorkerStats } from '../protocol.js'

type Labels = Record<string, string | number>

interface Metric {
  name: string
  type: 'counter' | 'gauge'
  help: string
  samples: { labels: Labels; value: number | null }[]
}

/** The Prometheus text format, version 0.0.4. Samples without a value are left out. */
export function prometheusText(stats: ServerStats): string {
  return metricsOf(stats)
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples
          .filter(({ value }) => value !== null)
          .map(({ labels, value }) => `${name}${labelText(labels)} ${String(value)}`),
      ].join('\n'),
    )
    .join('\n')
    .concat('\n')
}

function metricsOf(stats: ServerStats): Metric[] {
  const { workers, queues, restartReasons } = stats
  const perWorker = (of: (worker: WorkerStats) => number | null) =>
    workers.map((worker) => ({ labels: { worker: worker.nr, pid: worker.pid }, value: of(worker) }))
  const inState = (state: string) => workers.filter((worker) => worker.state === state).length
  const loops = (of: (loop: WorkerStats['loops'][number]) => number) =>
    workers.flatMap(({ nr, pid, loops: all }) =>
      all.map((loop) => ({ labels: { worker: nr, pid, loop: loop.id }, value: of(loop) })),
    )
  return [
    gauge('tune_workers_target', 'Workers that there should be', [{ labels: {}, value: stats.target }]),
    gauge(
      'tune_workers',
      'Worker processes by state',
      ['booting', 'ready', 'draining'].map((state) => ({ labels: { state }, value: inState(state) })),
    ),
    counter(
      'tune_worker_restarts_total',
      'Workers started in place of one that failed',
      ['crash', 'boot', 'timeout'].map((reason) => ({
        labels: { reason },
        value: restartReasons[reason] ?? 0,
      })),
    ),
    counter('tune_workers_recycled_total', 'Workers replaced because they had served long enough', [
      { labels: {}, value: stats.recycled },
    ]),
    gauge(
      'tune_tls_certificate_expiry_seconds',
      'When the certificate expires, seconds since 1970',
      stats.tls ? [{ labels: {}, value: stats.tls.expiresAt / 1000 }] : [],
    ),
    gauge(
      'tune_listen_queue',
      'Clients that no worker has accepted yet',
      queues.map(({ address, waiting }) => ({ labels: { address }, value: waiting })),
    ),
    counter(
      'tune_requests_total',
      'Answered requests',
      perWorker(({ requests }) => requests),
    ),
    counter(
      'tune_requests_refused_total',
      'Malformed or too large requests',
      perWorker(({ refused }) => refused),
    ),
    counter(
      'tune_requests_timed_out_total',
      'Requests over their timeout',
      perWorker(({ timedOut }) => timedOut),
    ),
    counter(
      'tune_handshakes_failed_total',
      'Connections that came to nothing before HTTP: TLS handshakes, missing PROXY headers',
      perWorker(({ handshakesFailed }) => handshakesFailed),
    ),
    gauge(
      'tune_slots_busy',
      'Slots in use',
      perWorker(({ busySlots }) => busySlots),
    ),
    gauge(
      'tune_slots',
      'Slots in all',
      perWorker(({ totalSlots }) => totalSlots),
    ),
    gauge(
      'tune_connections',
      'Open connections',
      perWorker(({ connections }) => connections),
    ),
    gauge(
      'tune_worker_stale',
      '1 when a worker did not answer in time',
      perWorker(({ stale }) => Number(stale)),
    ),
    counter(
      'tune_worker_cpu_user_seconds_total',
      'CPU time in user mode',
      perWorker(({ cpuUserUs }) => cpuUserUs / 1e6),
    ),
    counter(
      'tune_worker_cpu_system_seconds_total',
      'CPU time in the kernel',
      perWorker(({ cpuSystemUs }) => cpuSystemUs / 1e6),
    ),
    gauge(
      'tune_worker_pss_bytes',
      'Memory, shared pages shared out',
      perWorker(({ pid }) => memoryBytes(pid)),
    ),
    gauge(
      'tune_worker_rss_bytes',
      'Resident memory',
      perWorker(({ pid }) => rssBytes(pid)),
    ),
    counter(
      'tune_loop_active_seconds_total',
      'Busy time of an event loop',
      loops(({ activeMs }) => activeMs / 1000),
    ),
    counter(
      'tune_loop_idle_seconds_total',
      'Idle time of an event loop',
      loops(({ idleMs }) => idleMs / 1000),
    ),
  ]
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'gauge', help, samples }
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'counter', help, samples }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
