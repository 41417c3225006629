import { usageError } from '../result/error.js'
import type { Configuration } from '../result/configuration.js'
import { OPTIMIZE, type Question } from '../result/question.js'
import type { ConfigFile } from './config-file.js'
import { parseConfiguration } from './configuration-text.js'
import { parseObjective } from './objective.js'
import { configurationOf } from './served-configuration.js'
import { servedValues } from './served-values.js'
import { parseMemory } from './units.js'

/** The flags of `tune analyze` that say what is asked. */
export interface QuestionFlags {
  optimize: string
  slo?: string | undefined
  'target-rate'?: string | undefined
  'max-memory'?: string | undefined
  current?: string | undefined
  candidate?: readonly string[] | undefined
}

/** What runs today, as far as a config file tells. */
export interface ConfiguredServer {
  configuration: Configuration
  source: string
}

/** Settings without which, and without libuv's pool in `env`, a config file says nothing of what `tune analyze` varies. */
const TUNED = ['workers', 'workerClass', 'threads', 'workerConnections'] as const
const MOST_RPS = 1e9

/**
 * @param configured what a config file says, unless --current says something else
 * @throws TuneError (usage) naming the flag that is wrong
 */
export function questionOf(flags: QuestionFlags, configured: ConfiguredServer | null): Question {
  const optimize = OPTIMIZE.find((one) => one === flags.optimize)
  if (optimize === undefined) {
    throw usageError(`--optimize "${flags.optimize}" is not known`, `It may be ${OPTIMIZE.join(', ')}`)
  }
  const { slo, current, candidate = [] } = flags
  if (optimize === 'latency') assertNoRate(flags)
  const memory = flags['max-memory']
  return {
    optimize,
    slo: slo === undefined ? null : parseObjective(slo),
    targetRps: rateOf(flags['target-rate']),
    maxMemoryBytes: memory === undefined ? null : parseMemory(memory, '--max-memory'),
    current:
      current === undefined
        ? configured
        : { configuration: parseConfiguration(current, '--current'), source: '--current' },
    candidates: candidate.map((text) => parseConfiguration(text, '--candidate')),
  }
}

/** At 70 % of the knee nothing shows what the most is: a rate would be measured against the load, not against the app. */
function assertNoRate({ slo, 'target-rate': rate }: QuestionFlags): void {
  const flag = slo !== undefined ? '--slo' : rate !== undefined ? '--target-rate' : null
  if (flag === null) return
  throw usageError(
    `--optimize latency compares at moderate load, which shows no largest rate, and ${flag} asks for one`,
    `Ask for one of the two; with ${flag === '--slo' ? '' : "--slo 'p95<50ms' and "}--target-rate, tune looks whether the latency is kept at that rate`,
  )
}

function rateOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const rate = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : NaN
  if (rate > 0 && rate <= MOST_RPS) return rate
  throw usageError(
    `--target-rate "${text}" is not a rate`,
    'Give requests per second, e.g. --target-rate 1500',
  )
}

/**
 * The configuration that a config file gives `tune serve`; `null` where it sets nothing that is tuned.
 * @throws TuneError (usage) for settings that `tune serve` would refuse
 */
export function configuredServer(file: ConfigFile, effectiveCpus: number): ConfiguredServer | null {
  const values = servedValues(file)
  const { workers } = values
  const processes = workers === 'auto' ? Math.max(1, Math.round(effectiveCpus)) : workers
  const configuration = configurationOf(values, processes)
  const isTuned = configuration.threadPool !== undefined || TUNED.some((key) => file.serve[key] !== undefined)
  return isTuned ? { configuration, source: file.path } : null
}
