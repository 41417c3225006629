import { Flags } from '@oclif/core'
import { requestFlags } from './study-flags.js'

const ON_INCONCLUSIVE = ['pass', 'fail', 'warn'] as const

/** Limits, and what becomes of those that cannot be decided. */
export const budgetFlags = {
  budget: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "'<metric> < <limit>'",
    description: 'limit that the head must keep; may be repeated',
  }),
  'on-inconclusive': Flags.option({
    options: ON_INCONCLUSIVE,
    description:
      'what a budget that cannot be decided ends with: fail is exit code 6, warn and pass are 0 [default: 5]',
  })(),
}

/** How two versions are served: both the same. */
export const servedFlags = {
  'worker-class': Flags.string({
    helpGroup: 'SERVER',
    helpValue: 'sync|threaded|async',
    description: 'worker class of both [default: async]',
  }),
  workers: Flags.string({
    helpGroup: 'SERVER',
    helpValue: '<number>|auto',
    description: 'workers of both [default: auto, one per CPU]',
  }),
  threads: Flags.string({
    helpGroup: 'SERVER',
    helpValue: '<number>',
    description: 'threads of each worker',
  }),
  'worker-connections': Flags.string({
    helpGroup: 'SERVER',
    helpValue: '<number>',
    description: 'connections that one event loop holds',
  }),
}

/** How long and how hard two versions are measured. */
export const measureFlags = {
  time: Flags.string({
    helpGroup: 'MEASURE',
    helpValue: '<duration>',
    description: 'most time for measuring; it ends earlier once everything is decided [default: 60s]',
  }),
  duration: Flags.string({
    helpGroup: 'MEASURE',
    helpValue: '<duration>',
    description:
      'measured window of a trial [default: as long as a p99 takes, from 0.4 s to 1 s, or 2 s with a budget for it]',
  }),
  connections: Flags.integer({
    helpGroup: 'MEASURE',
    min: 1,
    max: 10_000,
    helpValue: '<number>',
    description: 'connections that the generator opens [default: 8 a worker]',
  }),
  ...requestFlags,
}
