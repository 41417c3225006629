import type { RequestTally } from '../../result/trial.js'
import { latencyHistogram, toUs } from '../histogram.js'
import { qualityOfStatus, type Failure } from '../window-account.js'

/**
 * The account of one window of open load: every request that was intended to be sent in it, whenever it was really sent and whenever
 * its answer came. Latency counts from the intended instant, so a server (or generator) that stalls is charged with all the
 * waiting that it caused, not with that of one request a connection.
 */
export class OpenAccount {
  readonly latencies = latencyHistogram()
  readonly lateness = latencyHistogram()
  readonly statuses = new Map<number, number>()
  private readonly tally = { sent: 0, done: 0, non2xx: 0, unexpected: 0, errors: 0, timeouts: 0, lost: 0 }
  private readonly opensAtMs: number
  private readonly closesAtMs: number
  private completed = 0
  private latencyMs = 0
  private counted = 0

  constructor(opensAtMs: number, closesAtMs: number) {
    this.opensAtMs = opensAtMs
    this.closesAtMs = closesAtMs
  }

  /** Requests of the window without an answer so far. */
  get underWay(): number {
    const { sent, done, errors, lost } = this.tally
    return sent - done - errors - lost
  }

  sent(intendedMs: number, sentMs: number): void {
    if (!this.belongs(intendedMs)) return
    this.tally.sent++
    this.lateness.recordValue(toUs(Math.max(0, sentMs - intendedMs)))
  }

  answered(intendedMs: number, endMs: number, status: number, quality = qualityOfStatus(status)): void {
    if (endMs >= this.opensAtMs && endMs < this.closesAtMs) this.completed++
    if (!this.belongs(intendedMs)) return
    this.tally.done++
    if (quality !== 'good') this.tally[quality]++
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    this.count(endMs - intendedMs)
  }

  /** A timeout has a latency, of its age at least; other failures have none. */
  failed(intendedMs: number, endMs: number, failure: Failure): void {
    if (!this.belongs(intendedMs)) return
    if (failure === 'lost') this.tally.lost++
    else this.tally.errors++
    if (failure !== 'timeout') return
    this.tally.timeouts++
    this.count(endMs - intendedMs)
  }

  /** What is still under way counts at its age. */
  settle(
    nowMs: number,
    underWaySinceMs: readonly number[],
  ): { requests: RequestTally; completed: number; meanUs: number | null } {
    const unanswered = underWaySinceMs.filter((intendedMs) => this.belongs(intendedMs))
    for (const intendedMs of unanswered) this.count(nowMs - intendedMs)
    const { unexpected, ...tally } = this.tally
    return {
      requests: { ...tally, ...(unexpected === 0 ? {} : { unexpected }), inFlight: unanswered.length },
      completed: this.completed,
      meanUs: this.counted === 0 ? null : (this.latencyMs / this.counted) * 1000,
    }
  }

  private belongs(intendedMs: number): boolean {
    return intendedMs >= this.opensAtMs && intendedMs < this.closesAtMs
  }

  private count(durationMs: number): void {
    this.latencyMs += durationMs
    this.counted++
    this.latencies.recordValue(toUs(durationMs))
  }
}
