import type { Clock } from '../experiment/clock.js'
import type { LoadGenerator, ReadEnvironment, Speedometer, Target } from '../experiment/ports.js'
import type { OpenGenerator } from '../load/index.js'
import type { Progress } from '../report/progress.js'
import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import type { Trial } from '../result/trial.js'

/** The world outside of a study. Tests bring fakes, and a whole analysis takes milliseconds. */
export interface StudyTools {
  toolVersion: string
  machine: Machine
  generator: LoadGenerator
  /** CPUs that the generators have to themselves; absent where they share all with the server. */
  generatorCpus?: string | undefined
  /** For questions about a rate; absent where none is asked. */
  openGenerator?: Pick<OpenGenerator, 'run'> | undefined
  clock: Clock
  /** Resolves after so long, and rejects on an abort; absent where idle servers are not looked at. */
  pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
  /** What the machine has done so far; absent where it does not say. */
  readEnvironment?: ReadEnvironment | undefined
  /** Absent where nobody times the CPUs. */
  speedometer?: Speedometer | undefined
  /** How a study tells what it is doing. */
  progress: Pick<Progress, 'phase' | 'trialStarted' | 'trialFinished' | 'note'>
  /** Awaited after every trial, so that it is on disk before the next one starts. */
  saveTrial: (trial: Trial) => void | Promise<void>
}

/** Makes the target that serves the app in a configuration. */
export type MakeTarget = (configuration: Configuration, label: string) => Target
