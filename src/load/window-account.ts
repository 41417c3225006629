import type { RequestTally } from '../result/trial.js'
import { latencyHistogram, toUs } from './histogram.js'

/** How a request ended without an answer: an error of the connection, our own patience, or the server hanging up. */
export type Failure = 'error' | 'timeout' | 'lost'

/** Of an answer: with a status other than 2xx, or not what the request expects. Such answers are answers all the same. */
export type Quality = 'good' | 'non2xx' | 'unexpected'

/** What the status alone says. */
export function qualityOfStatus(status: number): Quality {
  return status >= 200 && status <= 299 ? 'good' : 'non2xx'
}

/** Everything that one generator saw in one window. Plain data; times in milliseconds. */
export interface WindowFigures {
  windowMs: number
  /** Answers, each by the share of its lifetime inside the window. */
  answers: number
  /** Sum and number behind the mean latency. */
  latencyMs: number
  latencies: number
  /**
   * The longest request, those at the edges included: of a queue that is longer than the window these are nearly all, and in a histogram of their
   * shares the longest may be missing. `null` without any.
   */
  longestMs: number | null
  /** Sum over all requests of the time under way inside the window. */
  underWayMs: number
  requests: RequestTally
  statusCounts: Record<string, number>
  /** `answers` split over `SLICES` equal parts of the window, in order of time: shows whether the state was steady. */
  slices: number[]
}

/** Enough points for a trend and few enough that each holds many requests. */
export const SLICES = 10

interface Share {
  durationMs: number
  share: number
}

/**
 * The account of one window [opens, closes), over one population: every request that was under way at some time in it.
 *
 * An answered request counts by the share of its lifetime inside the window, in throughput and in latency alike. In a steady
 * state that is unbiased (each moment of the window has the same expected density of every kind of request; requests
 * counted by their start or by their end have the same expectation), but it has no quantisation: 8 connections in step
 * with a 20 ms handler would otherwise gain or lose 8 requests at each edge. And with shares Little's law is exact,
 * because share * duration = time under way: throughput * mean latency = mean number of answered requests under
 * way. What is missing from `connections` then was spent on failures, on waiting to reconnect, or was lost by us.
 *
 * Long requests are not cut off either: the generator keeps the load up after the window until the stragglers are
 * answered. A request that gets no answer (timeout, or still under way at the very end) has no throughput, and counts
 * as one whole latency of its age: its true length is unknown, but not less. Lost and refused requests have no latency.
 */
export class WindowAccount {
  readonly opensAtMs: number
  readonly closesAtMs: number
  readonly histogram = latencyHistogram()
  private longest: number | null = null
  private longestOfAll: number | null = null
  private begunBeforeClose = 0
  private endedBeforeOpen = 0
  private ended = 0
  private answers = 0
  private latencyMs = 0
  private latencies = 0
  private underWayMs = 0
  private readonly tally = { done: 0, non2xx: 0, unexpected: 0, errors: 0, timeouts: 0, lost: 0 }
  private readonly statuses = new Map<number, number>()
  private readonly edges: Share[] = []
  private readonly slices = new Array<number>(SLICES).fill(0)
  private readonly sliceMs: number

  constructor(opensAtMs: number, closesAtMs: number) {
    this.opensAtMs = opensAtMs
    this.closesAtMs = closesAtMs
    this.sliceMs = (closesAtMs - opensAtMs) / SLICES
  }

  begin(startMs: number): void {
    if (startMs < this.closesAtMs) this.begunBeforeClose++
  }

  answer(startMs: number, endMs: number, status: number, quality = qualityOfStatus(status)): void {
    if (!this.belongs(startMs, endMs)) return
    this.tally.done++
    if (quality !== 'good') this.tally[quality]++
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    const durationMs = endMs - startMs
    this.longest = Math.max(this.longest ?? 0, durationMs)
    this.longestOfAll = Math.max(this.longestOfAll ?? 0, durationMs)
    const insideMs = this.inside(startMs, endMs)
    this.underWayMs += insideMs
    this.latencyMs += insideMs
    if (startMs >= this.opensAtMs && endMs <= this.closesAtMs) {
      this.answers++
      this.latencies++
      this.histogram.recordValue(toUs(durationMs))
    } else {
      const share = insideMs / durationMs
      this.answers += share
      this.latencies += share
      this.edges.push({ durationMs, share })
    }
    this.spread(startMs, endMs)
  }

  fail(startMs: number, endMs: number, failure: Failure): void {
    if (!this.belongs(startMs, endMs)) return
    this.underWayMs += this.inside(startMs, endMs)
    if (failure === 'lost') this.tally.lost++
    else this.tally.errors++
    if (failure === 'timeout') {
      this.tally.timeouts++
      this.countUnanswered(endMs - startMs)
    }
  }

  /** The longest answered request so far, those at the edges included; `null` before the first. */
  get longestMs(): number | null {
    return this.longest
  }

  /** Requests of the window that are still under way, once the window has closed. */
  get stragglers(): number {
    return this.begunBeforeClose - this.ended
  }

  /**
   * Ends the account. `underWaySinceMs` are the starts of the requests that are under way now: counted by looking at the
   * connections, not derived from the other counters, so that `sent = done + errors + lost + inFlight` proves something.
   */
  settle(nowMs: number, underWaySinceMs: number[]): WindowFigures {
    const unanswered = underWaySinceMs.filter((startMs) => startMs < this.closesAtMs)
    for (const startMs of unanswered) {
      this.underWayMs += this.inside(startMs, nowMs)
      this.countUnanswered(nowMs - startMs)
    }
    for (const durationMs of wholeRequests(this.edges)) this.histogram.recordValue(toUs(durationMs))
    return {
      windowMs: this.closesAtMs - this.opensAtMs,
      answers: this.answers,
      latencyMs: this.latencyMs,
      latencies: this.latencies,
      longestMs: this.longestOfAll,
      underWayMs: this.underWayMs,
      requests: this.requests(unanswered.length),
      statusCounts: Object.fromEntries(this.statuses),
      slices: this.slices,
    }
  }

  private requests(inFlight: number): RequestTally {
    const { unexpected, ...tally } = this.tally
    return {
      sent: this.begunBeforeClose - this.endedBeforeOpen,
      ...tally,
      ...(unexpected === 0 ? {} : { unexpected }),
      inFlight,
    }
  }

  /** Gives each slice its share of an answered request. Most requests lie within one. */
  private spread(startMs: number, endMs: number): void {
    const from = this.sliceAt(startMs)
    const to = this.sliceAt(endMs)
    if (from === to && startMs >= this.opensAtMs && endMs <= this.closesAtMs) {
      this.slices[from] = (this.slices[from] ?? 0) + 1
      return
    }
    const durationMs = endMs - startMs
    for (let slice = from; slice <= to; slice++) {
      const opensAtMs = this.opensAtMs + slice * this.sliceMs
      const overlapMs = Math.min(endMs, opensAtMs + this.sliceMs) - Math.max(startMs, opensAtMs)
      this.slices[slice] = (this.slices[slice] ?? 0) + overlapMs / durationMs
    }
  }

  private sliceAt(atMs: number): number {
    return Math.max(0, Math.min(SLICES - 1, Math.floor((atMs - this.opensAtMs) / this.sliceMs)))
  }

  /** Whether a request that has just ended was under way in the window. */
  private belongs(startMs: number, endMs: number): boolean {
    if (startMs >= this.closesAtMs) return false
    this.ended++
    if (endMs > this.opensAtMs) return true
    this.endedBeforeOpen++
    return false
  }

  private inside(startMs: number, endMs: number): number {
    return Math.min(endMs, this.closesAtMs) - Math.max(startMs, this.opensAtMs)
  }

  private countUnanswered(ageMs: number): void {
    this.latencyMs += ageMs
    this.longestOfAll = Math.max(this.longestOfAll ?? 0, ageMs)
    this.latencies++
    this.histogram.recordValue(toUs(ageMs))
  }
}

/**
 * A histogram counts whole requests, the edges hold shares of them. Systematic sampling over the durations in order keeps
 * both the total (to half a request) and the distribution.
 */
export function wholeRequests(shares: Share[]): number[] {
  const inOrder = shares.toSorted((a, b) => a.durationMs - b.durationMs)
  const whole: number[] = []
  let carried = 0.5
  for (const { durationMs, share } of inOrder) {
    carried += share
    if (carried < 1) continue
    whole.push(durationMs)
    carried -= 1
  }
  return whole
}
