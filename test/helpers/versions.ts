import type { ComparisonDocument } from '../../src/result/comparison.js'
import type { Configuration } from '../../src/result/configuration.js'
import { compareVersions, type Version, type VersionsSettings } from '../../src/studies/versions.js'
import { parseBudget } from '../../src/config/budget.js'
import { FAKE_REQUEST, FakeWorld, fakeMachine, type FakeWorldOptions } from './fakes.js'

const CONFIGURATION: Configuration = {
  workerClass: 'async',
  workers: 2,
  threads: 1,
  workerConnections: 1000,
}
/** The simulated server tells versions apart by a setting that makes no other difference. */
const HEAD_MARK = 999

export interface SimulatedVersions extends Partial<FakeWorldOptions> {
  /** Throughput of the head divided by that of the base. */
  ratio?: number
  budgets?: string[]
  seconds?: number
  name?: string
  settings?: Partial<VersionsSettings>
  onTrial?: (count: number) => void
  signal?: AbortSignal
}

/** Two versions on a simulated machine, measured together. */
export async function simulatedVersions({
  ratio = 1,
  budgets = [],
  seconds = 60,
  name = 'feature',
  settings = {},
  onTrial = () => undefined,
  signal = new AbortController().signal,
  ...options
}: SimulatedVersions = {}): Promise<{ document: ComparisonDocument; world: FakeWorld }> {
  const world = new FakeWorld({
    app: { cpuMs: 4, waitMs: 0 },
    effectiveCpus: 2,
    scale: ({ workerConnections }) => (workerConnections === HEAD_MARK ? ratio : 1),
    ...options,
  })
  const silent = () => undefined
  let count = 0
  const tools = {
    toolVersion: '0.1.0',
    machine: fakeMachine(),
    generator: world.generator,
    clock: world.clock,
    progress: { phase: silent, trialStarted: silent, trialFinished: silent, note: silent },
    saveTrial: () => onTrial(++count),
  }
  const version = (title: string, mark: number): Version => ({
    name: title,
    app: 'app.ts',
    makeTarget: (configuration, label) => world.target({ ...configuration, workerConnections: mark }, label),
  })
  const whole: VersionsSettings = {
    command: 'ci',
    name: 'ci-20261120-093000',
    configuration: CONFIGURATION,
    request: FAKE_REQUEST,
    connections: 16,
    windowSeconds: null,
    seconds,
    margin: 0.03,
    budgets: budgets.map((text) => parseBudget(text)),
    seed: options.seed ?? 1,
    ...settings,
  }
  const versions = { base: version('main', 1000), head: version(name, HEAD_MARK) }
  return { document: await compareVersions(whole, versions, tools, signal), world }
}
