import { Flags } from '@oclif/core'
import { parseCpus, parseMachineMemory } from '../config/units.js'

/** Flags of the one request, which a file of requests replaces. */
const ONE_REQUEST = ['path', 'method', 'header', 'body']

/** What every connection sends. */
export const requestFlags = {
  path: Flags.string({
    default: '/',
    helpGroup: 'REQUEST',
    helpValue: '<path>',
    description: 'path of the measured request',
  }),
  method: Flags.string({
    default: 'GET',
    helpGroup: 'REQUEST',
    helpValue: '<method>',
    description: 'method of the measured request',
  }),
  header: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'REQUEST',
    helpValue: "'<name>: <value>'",
    description: 'header of the measured request; may be repeated',
  }),
  body: Flags.string({
    helpGroup: 'REQUEST',
    helpValue: '<text>|@<file>',
    description: 'body of the measured request',
  }),
  scenario: Flags.string({
    helpGroup: 'REQUEST',
    helpValue: '<file>',
    exclusive: [...ONE_REQUEST, 'har'],
    description: 'several requests with weights and expected answers, from a .json, .ts or .mjs file',
  }),
  har: Flags.string({
    helpGroup: 'REQUEST',
    helpValue: '<file>',
    exclusive: [...ONE_REQUEST, 'scenario'],
    description: 'the requests that a browser recorded, to the origin of the first one',
  }),
}

export const machineFlags = {
  cpus: Flags.string({
    helpGroup: 'MACHINE',
    summary: 'count on this many CPUs instead of the detected ones',
    description: 'A number above 0; fractions are allowed.',
    helpValue: '<number>',
  }),
  memory: Flags.string({
    helpGroup: 'MACHINE',
    summary: 'count on this much memory instead of the detected limit',
    description:
      'A number with a unit of k, m, g or t, which are powers of 1024: 512m, 2g, 1.5GiB. At least 32m.',
    helpValue: '<size>',
  }),
}

/** Parsed here and not by the flags: oclif would wrap the message in its own. */
export function machineOverrides({
  cpus,
  memory,
}: {
  cpus?: string | undefined
  memory?: string | undefined
}) {
  return {
    cpus: cpus === undefined ? undefined : parseCpus(cpus),
    memoryBytes: memory === undefined ? undefined : parseMachineMemory(memory),
  }
}

export const pinFlags = {
  'generator-cpus': Flags.string({
    helpGroup: 'MACHINE',
    helpValue: '<list>',
    summary: 'CPUs for the load generators alone; the server gets the others',
    description:
      'Numbers and ranges, such as 0 or 0,2-3. What is then left counts as the CPUs of the server. Without it both share all.',
  }),
}

export const runFlags = {
  seed: Flags.integer({
    min: 0,
    max: 2 ** 32 - 1,
    helpValue: '<number>',
    description: 'seed of the random order of trials, to repeat a run [default: drawn]',
  }),
  out: Flags.string({
    helpValue: '<folder>',
    description: 'folder for the report [default: reports/<app>-<time>]',
  }),
  baseline: Flags.string({
    helpValue: '<folder|result.json>',
    description: 'also say what has changed since this result; refused when machine or Node differ',
  }),
  generators: Flags.integer({
    min: 1,
    max: 64,
    helpValue: '<number>',
    description:
      'load generator processes [default: 1, and more, up to half of the cores, where they are the limit]',
  }),
  quiet: Flags.boolean({ description: 'no progress on stderr' }),
}
