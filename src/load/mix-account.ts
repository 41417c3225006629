import { encodeHistogram } from './histogram.js'
import type { RouteMeasurement } from './messages.js'
import { type Failure, type Quality, WindowAccount, type WindowFigures } from './window-account.js'

/** The account of one window as a whole, and where there are several requests, one for each of them with the same rules. */
export class MixAccount {
  readonly all: WindowAccount
  readonly #routes: WindowAccount[]

  constructor(opensAtMs: number, closesAtMs: number, routes: number) {
    this.all = new WindowAccount(opensAtMs, closesAtMs)
    this.#routes = Array.from(
      { length: routes > 1 ? routes : 0 },
      () => new WindowAccount(opensAtMs, closesAtMs),
    )
  }

  begin(startMs: number, route: number): void {
    this.all.begin(startMs)
    this.#routes[route]?.begin(startMs)
  }

  answer(startMs: number, endMs: number, status: number, quality: Quality, route: number): void {
    this.all.answer(startMs, endMs, status, quality)
    this.#routes[route]?.answer(startMs, endMs, status, quality)
  }

  fail(startMs: number, endMs: number, failure: Failure, route: number): void {
    this.all.fail(startMs, endMs, failure)
    this.#routes[route]?.fail(startMs, endMs, failure)
  }

  /** Ends all accounts; `underWay` are the requests that the connections have under way now. */
  settle(
    nowMs: number,
    underWay: readonly { startMs: number; route: number }[],
  ): { figures: WindowFigures; routes: RouteMeasurement[] } {
    const startsOf = (ours: readonly { startMs: number }[]) => ours.map(({ startMs }) => startMs)
    const routes = this.#routes.map((account, index) => {
      const own = underWay.filter(({ route }) => route === index)
      const { answers, requests } = account.settle(nowMs, startsOf(own))
      return { answers, requests, histogram: encodeHistogram(account.histogram) }
    })
    return { figures: this.all.settle(nowMs, startsOf(underWay)), routes }
  }
}
