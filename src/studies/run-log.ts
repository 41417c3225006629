import type { Trial } from '../result/trial.js'
import { trialNumbers } from '../experiment/trial-runner.js'
import type { StudyTools } from './tools.js'

/** The trials of one run in order, each announced, numbered, saved and kept. */
export class RunLog {
  readonly trials: Trial[] = []
  readonly nextId = trialNumbers()
  readonly #tools: StudyTools
  #total: number | null = null

  constructor(tools: StudyTools) {
    this.#tools = tools
  }

  expect(total: number | null): void {
    this.#total = total
  }

  starting(label: string): void {
    this.#tools.progress.trialStarted({ label, index: this.trials.length + 1, total: this.#total })
  }

  async finished(trial: Trial, label: string): Promise<void> {
    this.trials.push(trial)
    await this.#tools.saveTrial(trial)
    this.#tools.progress.trialFinished(trial, label)
  }
}
