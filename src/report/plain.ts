import { stripVTControlCharacters } from 'node:util'

/** Longer than any sentence of a report and than any path; an app's 1 MB string ends here. */
const MAX_LENGTH = 4096

/**
 * One harmless line from a string that an app, a path or a header may have brought: no escape sequences, control
 * characters, line breaks, direction marks or lone surrogates, and an end.
 */
export function plain(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
  return stripVTControlCharacters(cut)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Cs}/gu, '�')
}

const ASCII: Record<string, string> = {
  '–': '-',
  '—': '-',
  '±': '+/-',
  µ: 'u',
  '×': 'x',
  '…': '...',
  '→': '->',
  '·': '-',
  '≥': '>=',
  '≤': '<=',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '\u00a0': ' ',
}

/** For terminals that are not UTF-8; what has no counterpart becomes `?`. */
export function toAscii(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (character) => ASCII[character] ?? '?')
}

const UNIT_AFTER_NUMBER = /(\d) (?=(?:%|ms|µs|us|s|MiB|req\/s)(?![\w/]))/g

/**
 * The text in lines of at most `width`; words longer than a line stay whole, so that paths can be copied, and no
 * number is parted from its unit.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  const words = text.replace(UNIT_AFTER_NUMBER, '$1\u00a0').split(' ')
  for (const word of words.filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return (line === '' ? lines : [...lines, line]).map((one) => one.replaceAll('\u00a0', ' '))
}

/** A shell command in lines of about this width that can be pasted as they stand; broken before flags, never within quotes. */
export function wrapCommand(command: string, width: number): string[] {
  if (command.length <= width) return [command]
  const lines: string[] = []
  for (const part of beforeFlags(command)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + part.length + 2 <= width)
      lines[lines.length - 1] = `${last} ${part}`
    else lines.push(last === undefined ? part : `  ${part}`)
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line))
}

/** The command cut before each ` --` that the shell would take for the start of a word. */
function beforeFlags(command: string): string[] {
  const parts: string[] = []
  let [start, quote] = [0, '']
  for (let at = 0; at < command.length; at++) {
    const letter = command.charAt(at)
    if (letter === '\\' && quote !== "'") at++
    else if (quote !== '') quote = letter === quote ? '' : quote
    else if (letter === "'" || letter === '"') quote = letter
    else if (command.startsWith(' --', at)) {
      parts.push(command.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, command.slice(start)]
}

/** As one argument of a POSIX shell. */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
