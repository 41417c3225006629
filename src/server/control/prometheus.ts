import type { ServerStats, WorkerStats } from '../protocol.js'
import { counter, gauge, histogramSamples, metricsText, type Metric } from './prometheus-text.js'

const inSeconds = (ms: number) => ms / 1000

/** Everything that `ServerStats` holds, for Prometheus. */
export function prometheusText(stats: ServerStats): string {
  return metricsText(metricsOf(stats))
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
    gauge(
      'tune_restart_budget_left',
      'Dead workers that would be replaced at once; absent without a limit',
      stats.restartBudgetLeft === null ? [] : [{ labels: {}, value: stats.restartBudgetLeft }],
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
      'Malformed or too large requests, and those above a limit of the app server',
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
    counter(
      'tune_requests_aborted_total',
      'Clients who went before they had their answer',
      perWorker(({ aborted }) => aborted),
    ),
    {
      name: 'tune_queue_wait_seconds',
      type: 'histogram',
      help: 'How long requests waited for their turn, in the kernel and for a slot',
      samples: workers.flatMap(({ nr, pid, queueWait: { boundsMs, counts, sumMs } }) =>
        histogramSamples({ worker: nr, pid }, boundsMs.map(inSeconds), counts, inSeconds(sumMs)),
      ),
    },
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
      'tune_requests_under_way',
      'Requests that the app has, or whose answers are not yet sent',
      perWorker(({ requestsUnderWay }) => requestsUnderWay),
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
      perWorker(({ memory }) => memory.pss),
    ),
    gauge(
      'tune_worker_rss_bytes',
      'Resident memory',
      perWorker(({ memory }) => memory.rss),
    ),
    gauge(
      'tune_worker_age_seconds',
      'How long ago the worker was started',
      perWorker(({ ageSeconds }) => ageSeconds),
    ),
    gauge(
      'tune_loop_slots_busy',
      'Slots in use in an event loop',
      loops(({ busySlots }) => busySlots),
    ),
    counter(
      'tune_loop_requests_total',
      'Requests answered by an event loop',
      loops(({ requests }) => requests),
    ),
    gauge(
      'tune_loop_delay_seconds',
      'How late timers of an event loop were in the last ten seconds or so',
      workers.flatMap(({ nr, pid, loops: all }) =>
        all.flatMap(({ id, delayMs: { p50, p99, max } }) =>
          Object.entries({ 0.5: p50, 0.99: p99, 1: max }).map(([quantile, ms]) => ({
            labels: { worker: nr, pid, loop: id, quantile },
            value: inSeconds(ms),
          })),
        ),
      ),
    ),
    counter(
      'tune_loop_gc_total',
      'Garbage collections in an event loop',
      loops(({ gc }) => gc.count),
    ),
    counter(
      'tune_loop_gc_seconds_total',
      'Time of garbage collections in an event loop',
      loops(({ gc }) => inSeconds(gc.totalMs)),
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
