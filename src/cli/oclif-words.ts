import { stripVTControlCharacters } from 'node:util'
import type { Errors } from '@oclif/core'
import { nearest } from '../config/nearest.js'

/** What a message may say about the command that was typed. */
export interface TypedCommand {
  /** `tune serve`, or `tune` where there is no such command. */
  name: string
  /** Names of its flags, without the dashes. */
  flags: readonly string[]
}

interface Words {
  message: string
  suggestions: string[]
}

const HELP = 'See more help with --help'

/** What other servers call it, where the letters lead elsewhere. */
const KNOWN_AS: Record<string, string> = { port: 'bind', p: 'bind', host: 'bind' }

/** oclif's message about a command line, which may have several lines and colours, as one sentence and what to do. */
export function inOurWords(error: Errors.CLIError, typed: TypedCommand): Words {
  const text = stripVTControlCharacters(error.message).replace(/\nSee more help with --help$/, '')
  const words =
    missingArguments(error, typed) ??
    missingFlag(text, typed) ??
    wrongInteger(text) ??
    unknownFlag(text, typed) ??
    surplus(text, typed) ??
    missingCompanion(text) ??
    excluded(text)
  if (words !== null) return { message: words.message, suggestions: [...words.suggestions, HELP] }
  const message = text.replace(/^The following errors? occurred:\s*/, '').replaceAll(/\s*\n\s*/g, '; ')
  return { message, suggestions: [...(error.suggestions ?? []), HELP] }
}

/** A word where a command should be; also an argument of a command that takes none, which oclif reads as part of its name. */
export function unknownCommand(typedId: string, commands: readonly string[]): Words {
  const [first = '', ...rest] = typedId.split(':')
  if (commands.includes(first)) return takesNone(rest, `tune ${first}`)
  const list = 'Run tune help for the list of commands'
  if (first.startsWith('-')) {
    return {
      message: `There is no command before ${first}`,
      suggestions: [`Write tune <command> ${first}`, list],
    }
  }
  const meant = nearest(first, commands)
  return {
    message: `There is no command "${first}"`,
    suggestions: meant === null ? [list] : [`Did you mean tune ${meant}?`, list],
  }
}

function missingArguments(error: Error, { name }: TypedCommand): Words | null {
  if (!error.message.startsWith('Missing ') || !('args' in error) || !Array.isArray(error.args)) return null
  const args = error.args as { name: string; description?: string }[]
  const listed = args.map((arg) => `<${arg.name}>`).join(' ')
  const meaning = args.map(({ description }) => description ?? '').join('; ')
  return {
    message: `${listed} is missing${meaning === '' ? '' : `: ${meaning}`}`,
    suggestions: [`Name it: ${name} ${listed}`],
  }
}

function missingFlag(text: string, { name }: TypedCommand): Words | null {
  const [, flag] =
    /^(?:The following error occurred:\s*)?Missing required flag:? (?:--)?([\w-]+)\s*$/.exec(text) ?? []
  return flag === undefined
    ? null
    : { message: `--${flag} is missing`, suggestions: [`Write ${name} … --${flag} <value>`] }
}

function wrongInteger(text: string): Words | null {
  const found =
    /^Parsing (?<flag>--[\w-]+)\s+Expected an integer(?: (?<bound>greater|less) than or equal to (?<limit>-?\d+))? but received: (?<given>.*)$/s.exec(
      text,
    )
  if (!found?.groups) return null
  const { flag = '', bound, limit = '', given = '' } = found.groups
  if (bound === undefined) {
    return { message: `${flag} "${given}" is not a whole number`, suggestions: ['Write it in digits'] }
  }
  const side = bound === 'greater' ? 'least' : 'most'
  return { message: `${flag} ${given} is out of range`, suggestions: [`It may be ${limit} at ${side}`] }
}

function unknownFlag(text: string, { name, flags }: TypedCommand): Words | null {
  const [, list] = /^Nonexistent flags?: (.+)$/.exec(text) ?? []
  if (list === undefined) return null
  const meant = list.split(', ').flatMap((flag) => nearestFlag(flag.replace(/^-+/, ''), flags) ?? [])
  const listed = [...new Set(meant)].map((flag) => `--${flag}`).join(', ')
  return {
    message: `${name} has no flag ${list}`,
    suggestions: meant.length === 0 ? [] : [`Did you mean ${listed}?`],
  }
}

function nearestFlag(given: string, flags: readonly string[]): string | null {
  const known = KNOWN_AS[given]
  return known !== undefined && flags.includes(known) ? known : nearest(given, flags)
}

function surplus(text: string, { name }: TypedCommand): Words | null {
  const [, list] = /^Unexpected arguments?: (.+)$/s.exec(text) ?? []
  return list === undefined ? null : takesNone(list.split(', '), name)
}

function missingCompanion(text: string): Words | null {
  const [, flag, others] =
    /All of the following must be provided when using (--[\w-]+): (--[\w-]+(?:, --[\w-]+)*)\s*$/.exec(text) ??
    []
  if (flag === undefined || others === undefined) return null
  const needed = others.replaceAll(', ', ' and ')
  return {
    message: `${flag} means something with ${needed} alone`,
    suggestions: [`Add ${needed}, or leave ${flag} out`],
  }
}

function excluded(text: string): Words | null {
  const [, one, other] = /(--[\w-]+)=.* cannot also be provided when using (--[\w-]+)\s*$/.exec(text) ?? []
  if (one === undefined || other === undefined) return null
  return { message: `${one} and ${other} exclude each other`, suggestions: [`Leave one of the two out`] }
}

function takesNone(words: readonly string[], name: string): Words {
  return {
    message: `${name} takes no argument ${words.map((word) => JSON.stringify(word)).join(', ')} here`,
    suggestions: ['Leave it out; a value with spaces needs quotes, and a flag begins with --'],
  }
}
