import { Flags } from '@oclif/core'

/** The request that every connection repeats. */
export const requestFlags = {
  path: Flags.string({ default: '/', helpGroup: 'REQUEST', description: 'path of the measured request' }),
  method: Flags.string({
    default: 'GET',
    helpGroup: 'REQUEST',
    description: 'method of the measured request',
  }),
  header: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'REQUEST',
    helpValue: "'Name: value'",
    description: 'header of the measured request; may be repeated',
  }),
  body: Flags.string({
    helpGroup: 'REQUEST',
    helpValue: 'text|@file',
    description: 'body of the measured request',
  }),
}

export const runFlags = {
  seed: Flags.integer({
    min: 0,
    max: 2 ** 32 - 1,
    description: 'seed of the random order of trials, to repeat a run [default: drawn]',
  }),
  out: Flags.string({
    helpValue: 'folder',
    description: 'folder for the report [default: reports/<app>-<time>]',
  }),
  quiet: Flags.boolean({ description: 'no progress on stderr' }),
}
