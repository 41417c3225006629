import { trialNumbers } from '../experiment/trial-runner.js'
import type { Trial } from '../result/trial.js'
import type { StudyTools } from './tools.js'

/** The trials of one run in order: each announced, numbered, saved and kept. */
export class RunLog {
  readonly trials: Trial[] = []
  readonly nextId = trialNumbers()
  readonly #tools: StudyTools
  #total: number | null = null

  constructor(tools: StudyTools) {
    this.#tools = tools
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
