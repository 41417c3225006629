import type { Clock } from '../experiment/clock.js'
import type { LoadGenerator, Target } from '../experiment/ports.js'
import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import type { Trial } from '../result/trial.js'

/** How a study tells what it is doing. Implemented by `report/progress.ts`, silent in tests. */
export interface StudyProgress {
  phase(name: string): void
  /** `index` counts from 1; `total` is an estimate while a race may still end early. */
  trialStarted(trial: { label: string; index: number; total: number | null }): void
  trialFinished(trial: Trial, label: string): void
  note(text: string): void
}

/** The world outside of a study. Tests bring fakes, and a whole analysis takes milliseconds. */
export interface StudyTools {
  toolVersion: string
  machine: Machine
  generator: LoadGenerator
  clock: Clock
  progress: StudyProgress
  /** Awaited after every trial, so that it is on disk before the next one starts. */
  saveTrial: (trial: Trial) => void | Promise<void>
}

/** Makes the target that serves the app in a configuration. */
export type MakeTarget = (configuration: Configuration, label: string) => Target
