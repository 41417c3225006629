import { trialNumbers } from '../experiment/trial-runner.js'
import { notResumable } from '../result/run-plan.js'
import type { Trial } from '../result/trial.js'
import type { StudyTools } from './tools.js'

/** The trials of one run in order: each announced, numbered, saved and kept. */
export class RunLog {
  readonly trials: Trial[] = []
  readonly nextId = trialNumbers()
  readonly #tools: StudyTools
  readonly #recorded: Trial[]
  #total: number | null = null

  /** @param recorded trials of an earlier process of the same run, in their order */
  constructor(tools: StudyTools, recorded: readonly Trial[] = []) {
    this.#tools = tools
    this.#recorded = [...recorded]
  }

  /** Trials of the earlier process that have not been taken over yet. */
  get recordedLeft(): number {
    return this.#recorded.length
  }

  /**
   * The next trial of the earlier process, which must be the one that is due: the same seed gives the same order.
   * @throws TuneError (usage) when it is another
   */
  takeRecorded(
    { target, connections }: { target: string; connections: number },
    block: number,
  ): Trial | null {
    const trial = this.#recorded.shift()
    if (trial === undefined) return null
    const isDue =
      trial.id === this.nextId() &&
      trial.target === target &&
      trial.block === block &&
      trial.load.connections === connections
    if (!isDue) throw notResumable(`Trial ${trial.id} of the earlier run is not the one that its plan says`)
    this.trials.push(trial)
    return trial
  }

  /** Trials of the whole run; a race that is decided early has fewer. */
  expect(total: number): void {
    this.#total = total
  }

  starting(target: string, connections: number): void {
    this.#tools.progress.trialStarted(this.#position(target, connections, this.trials.length + 1))
  }

  /** Resolves when the trial is on disk. */
  async finished(trial: Trial): Promise<void> {
    this.trials.push(trial)
    await this.#tools.saveTrial(trial)
    this.#tools.progress.trialFinished({
      ...this.#position(trial.target, trial.load.connections, this.trials.length),
      throughputRps: trial.throughputRps,
      p99Us: trial.latencyUs.p99,
      validity: trial.validity,
    })
  }

  #position(target: string, connections: number, number: number) {
    // A race may outlast its estimate; "trial 12 of 11" would be silly.
    const total = this.#total === null ? null : Math.max(this.#total, number)
    return { number, total, target, connections }
  }
}
