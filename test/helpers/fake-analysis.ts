import type { AnalyzeDocument } from '../../src/result/document.js'
import type { Machine } from '../../src/result/machine.js'
import { PLAIN_QUESTION, type Question } from '../../src/result/question.js'
import type { Trial } from '../../src/result/trial.js'
import { analyze, type AnalyzeSettings } from '../../src/studies/analyze.js'
import type { RequestSpec } from '../../src/result/request.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine, type FakeWorldOptions } from './fakes.js'

export interface FakeAnalysisOptions extends FakeWorldOptions {
  memoryBytes?: number
  budgetSeconds?: number
  request?: RequestSpec
  server?: AnalyzeSettings['server']
  served?: AnalyzeSettings['served']
  question?: Partial<Question>
  machine?: Partial<Machine>
  forMachine?: AnalyzeSettings['forMachine']
  signal?: AbortSignal
  onTrial?: (trial: Trial) => void
}

export interface FakeAnalysis {
  document: AnalyzeDocument
  world: FakeWorld
  saved: Trial[]
}

const FREE_RUN = new AbortController().signal

/** All of `analyze` against a simulated machine. No process, no seconds pass. */
export async function analyzeFake(options: FakeAnalysisOptions): Promise<FakeAnalysis> {
  const {
    effectiveCpus,
    memoryBytes = 8e9,
    budgetSeconds = 60,
    seed = 1,
    signal = FREE_RUN,
    server,
    served,
    question,
  } = options
  const world = new FakeWorld(options)
  const saved: Trial[] = []
  const document = await analyze(
    {
      ...{ name: 'fake', app: 'app.ts', request: options.request ?? FAKE_REQUEST, budgetSeconds, seed },
      ...(server && { server }),
      ...(served && { served }),
      question: { ...PLAIN_QUESTION, ...question },
      ...(options.forMachine && { forMachine: options.forMachine }),
    },
    (configuration, label) => world.target(configuration, label),
    {
      toolVersion: '0.0.0',
      machine: fakeMachine({
        effectiveCpus,
        memoryLimitBytes: memoryBytes,
        memoryAvailableBytes: memoryBytes,
        ...options.machine,
      }),
      generator: world.generator,
      openGenerator: world.openGenerator,
      clock: world.clock,
      pause: world.pause,
      progress: {
        phase: () => undefined,
        trialStarted: () => undefined,
        trialFinished: () => undefined,
        note: () => undefined,
      },
      saveTrial: (trial) => {
        saved.push(trial)
        options.onTrial?.(trial)
      },
    },
    signal,
  )
  return { document, world, saved }
}
