import { Flags } from '@oclif/core'
import { parseNames } from '../config/names.js'
import { parseObjective } from '../config/objective.js'
import { WORKER_CLASSES } from '../result/configuration.js'
import { usageError } from '../result/error.js'
import { SERVER_NAMES } from '../result/server.js'
import { serverFlags } from './server-flags.js'
import { machineFlags, pinFlags, requestFlags, runFlags } from './study-flags.js'

/** Servers that can stand beside each other in one run. */
const COMPARABLE = SERVER_NAMES.filter((name) => name !== 'command' && name !== 'url')

/**
 * @param text as --compare takes it
 * @throws TuneError (usage) for fewer than two different servers
 */
export function comparedServers(text: string): (typeof COMPARABLE)[number][] {
  const names = parseNames(text, '--compare', COMPARABLE)
  if (names.length > 1) return names
  throw usageError(
    `--compare "${text}" names one server, and takes two or more`,
    `For one: --server ${names.join('')}`,
  )
}

/** @param workloads names of the bundled ones. */
export function benchFlags(workloads: readonly string[]) {
  return {
    matrix: Flags.boolean({ description: 'cross all axes instead of measuring the rule alone' }),
    workloads: Flags.string({
      helpGroup: 'MATRIX',
      helpValue: '<list>',
      description: `bundled workloads [default: ${workloads.join(',')}]`,
    }),
    classes: Flags.string({
      helpGroup: 'MATRIX',
      helpValue: '<list>',
      default: WORKER_CLASSES.join(','),
      description: 'worker classes',
    }),
    workers: Flags.string({
      helpGroup: 'MATRIX',
      helpValue: '<list>',
      description: 'numbers of workers [default with --matrix: 1,N,2N+1]',
    }),
    threads: Flags.string({
      helpGroup: 'MATRIX',
      helpValue: '<list>',
      description: 'numbers of threads, for threaded and async [default with --matrix: 1,4]',
    }),
    connections: Flags.string({
      helpGroup: 'MATRIX',
      helpValue: '<list>',
      description: 'connections that the generator opens [default: 64; with --matrix: 8,64]',
    }),
    duration: Flags.string({
      default: '2s',
      helpValue: '<duration>',
      description: 'measured window of a trial',
    }),
    blocks: Flags.integer({
      default: 3,
      min: 1,
      max: 100,
      helpValue: '<number>',
      description: 'times that every cell is measured; intervals need 3',
    }),
    repeat: Flags.integer({
      min: 1,
      max: 100,
      helpValue: '<number>',
      description:
        'start all servers anew so many times, for --blocks each; intervals then cover what differs between starts, and need 3 [default: 1]',
    }),
    compare: Flags.string({
      helpGroup: 'SERVER',
      helpValue: '<list>',
      description: `servers to measure in the same blocks: ${COMPARABLE.join(', ')}`,
    }),
    ...serverFlags,
    rate: Flags.integer({
      helpGroup: 'OPEN LOAD',
      min: 1,
      max: 100_000,
      helpValue: '<number>',
      description: 'latency at this many requests per second, sent by the clock',
    }),
    slo: Flags.string({
      helpGroup: 'OPEN LOAD',
      helpValue: "'p99<50ms'",
      description:
        'search the largest rate that meets this objective; with --rate, judge that rate by it (to choose a configuration by it: analyze --slo, with a --budget of 60s or more)',
    }),
    arrivals: Flags.string({
      helpGroup: 'OPEN LOAD',
      default: 'constant',
      options: ['constant', 'poisson'],
      description: 'evenly spaced, or as independent users come',
    }),
    ...requestFlags,
    ...machineFlags,
    ...pinFlags,
    ...runFlags,
    resume: Flags.string({
      helpValue: '<folder>',
      description: 'go on with a run that was interrupted or killed; finished trials are kept',
    }),
  }
}

/** What `--rate`, `--slo` and `--arrivals` say; `null` when neither of the first two is given. */
export function openLoadOf({
  rate,
  slo,
  arrivals,
}: {
  rate?: number | undefined
  slo?: string | undefined
  arrivals: string
}) {
  if (rate === undefined && slo === undefined) return null
  return {
    ratePerSecond: rate ?? null,
    objective: slo === undefined ? null : parseObjective(slo),
    arrivals: arrivals === 'poisson' ? ('poisson' as const) : ('constant' as const),
  }
}

const OF_A_MATRIX = ['connections', 'blocks', 'repeat', 'generators', 'baseline']

/**
 * A flag that is silently ignored would promise something else.
 * @param given flags of the command line, without those that have their default
 * @throws TuneError (usage) for one of the other mode
 */
export function assertOneMode(given: readonly (string | undefined)[], isOpen: boolean): void {
  const stray = given.find((flag) => (isOpen ? OF_A_MATRIX.includes(flag ?? '') : flag === 'arrivals'))
  if (stray === undefined) return
  throw isOpen
    ? usageError(`--${stray} is for a matrix, and --rate and --slo measure none`, 'Leave it out')
    : usageError(
        '--arrivals says when the requests of open load leave, and without --rate or --slo there are none',
        'Add one of them, or leave it out',
      )
}
