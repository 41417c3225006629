import { Errors } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { inOurWords, unknownCommand } from '../../../src/cli/oclif-words.js'

const SERVE = { name: 'tune serve', flags: ['workers', 'worker-class', 'bind'] }
const HELP = 'See more help with --help'
const inWords = (message: string) => inOurWords(new Errors.CLIError(message), SERVE)

describe('what oclif says of a command line', () => {
  it.each([
    [
      'Parsing --seed \n\tExpected an integer but received: abc\nSee more help with --help',
      '--seed "abc" is not a whole number',
      ['Write it in digits', HELP],
    ],
    [
      'Parsing --blocks \n\tExpected an integer greater than or equal to 1 but received: 0\nSee more help with --help',
      '--blocks 0 is out of range',
      ['It may be 1 at least', HELP],
    ],
    [
      'Parsing --rate \n\tExpected an integer less than or equal to 100000 but received: 200000\nSee more help with --help',
      '--rate 200000 is out of range',
      ['It may be 100000 at most', HELP],
    ],
    [
      'Nonexistent flag: --wrokers\nSee more help with --help',
      'tune serve has no flag --wrokers',
      ['Did you mean --workers?', HELP],
    ],
    [
      'The following error occurred:\n  \u001b[2mMissing required flag to\u001b[22m\nSee more help with --help',
      '--to is missing',
      ['Write tune serve … --to <value>', HELP],
    ],
    [
      'All of the following must be provided when using --for: --attach\nSee more help with --help',
      '--for means something with --attach alone',
      ['Add --attach, or leave --for out', HELP],
    ],
    [
      '--attach=x y cannot also be provided when using --apply\nSee more help with --help',
      '--attach and --apply exclude each other',
      ['Leave one of the two out', HELP],
    ],
    [
      'Nonexistent flags: --host, --port\nSee more help with --help',
      'tune serve has no flag --host, --port',
      ['Did you mean --bind?', HELP],
    ],
    ['Nonexistent flag: --quantum\nSee more help with --help', 'tune serve has no flag --quantum', [HELP]],
    [
      'Unexpected argument: extra\nSee more help with --help',
      'tune serve takes no argument "extra" here',
      ['Leave it out; a value with spaces needs quotes, and a flag begins with --', HELP],
    ],
    [
      'The following errors occurred:\n  \u001b[2m--a cannot also be provided when using --b\n  c is missing\u001b[22m\nSee more help with --help',
      '--a cannot also be provided when using --b; c is missing',
      [HELP],
    ],
    ['Flag --path expects a value', 'Flag --path expects a value', [HELP]],
  ])('%j becomes one sentence', (message, ours, suggestions) => {
    expect(inWords(message)).toEqual({ message: ours, suggestions })
  })

  it('names what is missing, without a word on flags', () => {
    const error = Object.assign(
      new Errors.CLIError(
        'Missing 1 required arg:\napp  file of the app\n\nNote: --bind, --env allow multiple values.',
      ),
      { args: [{ name: 'app', description: 'file of the app' }] },
    )
    expect(inOurWords(error, SERVE)).toEqual({
      message: '<app> is missing: file of the app',
      suggestions: ['Name it: tune serve <app>', HELP],
    })
  })
})

describe('a word that is no command', () => {
  const commands = ['analyze', 'machine', 'serve']
  it.each([
    ['analyse', 'There is no command "analyse"', 'Did you mean tune analyze?'],
    ['analyse:app.ts', 'There is no command "analyse"', 'Did you mean tune analyze?'],
    ['quantum', 'There is no command "quantum"', 'Run tune help for the list of commands'],
    ['--json', 'There is no command before --json', 'Write tune <command> --json'],
    ['machine:extra', 'tune machine takes no argument "extra" here', 'Leave it out'],
  ])('%s', (id, message, suggestion) => {
    const words = unknownCommand(id, commands)
    expect(words.message).toBe(message)
    expect(words.suggestions[0]).toContain(suggestion)
  })
})
