import { z } from 'zod'
import { parseMemory } from './units.js'

/** What a setting takes: for messages, for the help, and as a check of the text of a flag or the value of a file. */
export interface SettingKind {
  /** What a value must be, to end the sentence "--x must be …". */
  expects: string
  /** Placeholder in the help. */
  helpValue: string
  schema: z.ZodType
}

export interface ServeSetting extends SettingKind {
  /** Name without dashes, e.g. `worker-class`. */
  flag: string
  summary: string
  multiple?: true
  /** A flag without a value. */
  toggle?: true
  /** Shown as a file mode. */
  octal?: true
  /** What stands between several values in one variable; a comma unless it says otherwise. */
  separator?: string
  /** Variable of the platform that sets it beside `TUNE_…`; where it is not written like the flag, what it must be and how it becomes that. */
  env?: { name: string; own?: { expects: string; schema: z.ZodType; toText: (text: string) => string } }
}

/** Text of flags and variables to a number; what is no plain number stays text, and so is refused. */
export const fromText = (value: unknown) =>
  typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value

export function wholeNumber(max: number, min = 1): SettingKind {
  return {
    helpValue: 'N',
    expects: `a whole number from ${min} to ${max}`,
    schema: z.preprocess(fromText, z.int().min(min).max(max)),
  }
}

export function seconds(max = 86_400): SettingKind {
  return {
    helpValue: '<seconds>',
    expects: `a number of seconds from 0 to ${max}`,
    schema: z.preprocess(fromText, z.number().min(0).max(max)),
  }
}

export function choice(options: readonly [string, ...string[]]): SettingKind {
  return {
    helpValue: options.join('|'),
    expects: `one of ${options.join(', ')}`,
    schema: z.enum(options),
  }
}

/** Less holds no process: a unit was forgotten, also in a config file, where a number is bytes. */
const LEAST_MEMORY_BYTES = 1024 ** 2

/** Bytes, or 0. */
export function memory(): SettingKind {
  const bytes = (value: unknown) => {
    if (typeof value !== 'string' || value === '0') return fromText(value)
    try {
      return parseMemory(value)
    } catch {
      return value
    }
  }
  return {
    helpValue: '<size>',
    expects: 'an amount of memory from 1m on, such as 512m or 2g, or 0; a number alone is bytes',
    schema: z.preprocess(bytes, z.int().min(0)).refine((size) => size === 0 || size >= LEAST_MEMORY_BYTES),
  }
}

export function text(what: string, helpValue: string): SettingKind {
  return { helpValue, expects: what, schema: z.string().min(1).nullable() }
}

/** A file mode in octal, as shells write it. In a config file a number is the mode itself. */
export function fileMode({ optional }: { optional: boolean }): SettingKind & { octal: true } {
  const mode = (value: unknown) =>
    typeof value === 'string' && /^[0-7]{1,4}$/.test(value) ? parseInt(value, 8) : value
  const bits = z.int().min(0).max(0o777)
  return {
    helpValue: '<octal>',
    expects: 'a file mode in octal from 0 to 777',
    schema: z.preprocess(mode, optional ? bits.nullable() : bits),
    octal: true,
  }
}

/** Several texts: repeated, separated by commas, or as a list in a file. */
export function texts(what: string, helpValue: string): SettingKind & { multiple: true } {
  const split = (value: unknown) =>
    (Array.isArray(value) ? value : [value]).flatMap((item: unknown) =>
      typeof item === 'string' ? item.split(',').map((part) => part.trim()) : [item],
    )
  const schema = z.preprocess(split, z.array(z.string().min(1)).min(1))
  return { helpValue, expects: what, multiple: true, schema }
}

/** On or off; a variable says it in the words that other programs take. */
export function toggle(): SettingKind & { toggle: true } {
  const words: Record<string, boolean> = { true: true, 1: true, yes: true, false: false, 0: false, no: false }
  const wordToValue = (value: unknown) => (typeof value === 'string' ? (words[value] ?? value) : value)
  const schema = z.preprocess(wordToValue, z.boolean())
  return { helpValue: '', expects: 'true or false', toggle: true, schema }
}

/** `NAME=VALUE` each: repeated, one per line of a variable, or an object in a file. Values may hold commas. */
export function assignments(): SettingKind & { multiple: true; separator: string } {
  const list = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([name, text]) => `${name}=${String(text)}`)
      : value
  return {
    helpValue: 'NAME=VALUE',
    expects: 'NAME=VALUE',
    multiple: true,
    separator: '\n',
    schema: z.preprocess(list, z.array(z.string().regex(/^[A-Za-z_]\w*=[^\0]*$/))),
  }
}
