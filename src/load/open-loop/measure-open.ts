import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import type { OpenLoadSpec, OpenOutcome } from '../../result/open-load.js'
import { routesOf, type Route } from '../../result/request.js'
import type { RouteOutcome } from '../../result/trial.js'
import { monotonicMs } from '../../result/monotonic-clock.js'
import { createDeck, uniform } from '../deck.js'
import { encodeHistogram, percentilesOf } from '../histogram.js'
import { arrivalTimes } from './arrivals.js'
import { openClient } from './client.js'
import { OpenAccount } from './open-account.js'

const ERROR_SAMPLES = 5
const STRAGGLER_POLL_MS = 5
/** Sent in a row when late; then answers are read before the rest goes out. */
const MOST_IN_A_ROW = 64

/**
 * One window of open load: requests leave by the clock, whatever became of the earlier ones. The load goes on until the
 * window's last request is answered or has timed out, so the end of the window is under load too.
 */
export async function measureOpen(spec: OpenLoadSpec, signal: AbortSignal): Promise<OpenOutcome> {
  const client = openClient(spec)
  const startMs = monotonicMs()
  const opensAtMs = startMs + spec.rampSeconds * 1000
  const closesAtMs = opensAtMs + spec.windowSeconds * 1000
  const routes = routesOf(spec.request)
  const account = new OpenAccount(opensAtMs, closesAtMs)
  const accounts = routes.map(() => (routes.length === 1 ? account : new OpenAccount(opensAtMs, closesAtMs)))
  const draw = createDeck(
    routes.map(({ weight }) => weight),
    uniform(spec.request.mix?.seed ?? 0),
  )
  const underWay = new Set<{ intendedMs: number; route: number }>()
  const errors = new Set<string>()

  const pacing = new AbortController()
  const paced = pace(spec, startMs, AbortSignal.any([signal, pacing.signal]), (intendedMs) => {
    const request = { intendedMs, route: draw() }
    // One account, or that of all and that of its own request.
    const concerned = new Set([account, accounts[request.route] ?? account])
    underWay.add(request)
    const sentMs = monotonicMs()
    for (const one of concerned) one.sent(intendedMs, sentMs)
    client.send(request.route, {
      answered: (status, quality) => {
        underWay.delete(request)
        const endMs = monotonicMs()
        for (const one of concerned) one.answered(intendedMs, endMs, status, quality)
      },
      failed: (failure, message) => {
        // What was cut by our own end is no failure of the server.
        if (!underWay.delete(request) || pacing.signal.aborted) return
        if (errors.size < ERROR_SAMPLES) errors.add(message)
        const endMs = monotonicMs()
        for (const one of concerned) one.failed(intendedMs, endMs, failure)
      },
    })
  })
  try {
    await until(opensAtMs, signal)
    const cpuAtOpen = process.cpuUsage()
    const atOpen = underWay.size
    await until(closesAtMs, signal)
    const { user, system } = process.cpuUsage(cpuAtOpen)
    const generatorCpu = (user + system) / 1000 / (monotonicMs() - opensAtMs)
    const atClose = underWay.size
    const deadlineMs = closesAtMs + spec.timeoutSeconds * 1000
    while (account.underWay > 0 && monotonicMs() < deadlineMs) {
      await until(monotonicMs() + STRAGGLER_POLL_MS, signal)
    }
    const settledMs = monotonicMs()
    const stillUnderWay = (of?: number): number[] =>
      [...underWay].flatMap(({ intendedMs, route }) => (of === undefined || of === route ? intendedMs : []))
    const byRoute =
      routes.length === 1
        ? []
        : accounts.map((one, route) =>
            routeFigures(routes[route], one, settledMs, stillUnderWay(route), spec),
          )
    const settled = account.settle(settledMs, stillUnderWay())
    const { windowSeconds } = spec
    const { latencies, lateness } = account
    const outcome = {
      windowSeconds,
      offeredRps: settled.requests.sent / windowSeconds,
      achievedRps: settled.completed / windowSeconds,
      latencyUs: {
        count: latencies.totalCount,
        mean: settled.meanUs,
        ...percentilesOf(latencies),
        max: latencies.totalCount === 0 ? null : latencies.maxValue,
      },
      histogram: encodeHistogram(latencies),
      requests: settled.requests,
      latenessUs: {
        p50: lateness.getValueAtPercentile(50),
        p99: lateness.getValueAtPercentile(99),
        max: lateness.maxValue,
      },
      underWay: { atOpen, atClose },
      generatorCpu,
      errorSamples: [...errors],
      statusCounts: Object.fromEntries(account.statuses),
      ...(byRoute.length === 0 ? {} : { routes: byRoute }),
    }
    pacing.abort()
    // What was sent after the window is answered before anybody measures again; but nothing that is stuck is waited for twice.
    const drainedByMs = account.underWay > 0 ? settledMs : settledMs + spec.timeoutSeconds * 1000
    while (underWay.size > 0 && monotonicMs() < drainedByMs) {
      await until(monotonicMs() + STRAGGLER_POLL_MS, signal)
    }
    return outcome
  } finally {
    pacing.abort()
    await paced
    await client.close()
  }
}

function routeFigures(
  route: Route | undefined,
  account: OpenAccount,
  nowMs: number,
  underWaySinceMs: number[],
  { windowSeconds }: OpenLoadSpec,
): RouteOutcome {
  const { requests, completed } = account.settle(nowMs, underWaySinceMs)
  const { p50, p99 } = percentilesOf(account.latencies)
  return {
    name: route?.name ?? '',
    throughputRps: completed / windowSeconds,
    count: requests.done,
    errors: requests.errors + requests.lost + requests.non2xx + (requests.unexpected ?? 0),
    p50Us: p50,
    p99Us: p99,
  }
}

/**
 * Calls `send` for each intended instant until the signal aborts. A timer of Node fires up to a millisecond late, and
 * everything that is due by then leaves at once: above 1000 per second that is how even it gets. Spinning would be more
 * exact, and would take a core from the server.
 */
async function pace(
  { arrivals, ratePerSecond, seed }: OpenLoadSpec,
  startMs: number,
  signal: AbortSignal,
  send: (intendedMs: number) => void,
): Promise<void> {
  let inARow = 0
  for (const offsetMs of arrivalTimes(arrivals, ratePerSecond, uniform(seed))) {
    const intendedMs = startMs + offsetMs
    if (monotonicMs() < intendedMs) inARow = 0
    else if (++inARow % MOST_IN_A_ROW === 0) await turn()
    while (monotonicMs() < intendedMs && !signal.aborted) {
      await delay(Math.max(1, intendedMs - monotonicMs()), undefined, { signal }).catch(() => undefined)
    }
    if (signal.aborted) return
    send(intendedMs)
  }
}

async function until(atMs: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, atMs - monotonicMs()), undefined, { signal })
}
