import { usageError } from './error.js'

/**
 * The words of a command line: spaces part them; quotes and backslashes keep spaces, as in a shell. Nothing else means
 * anything: no variables, no pipes, no globs, because no shell will see it.
 * @throws TuneError (usage) for a quote that is never closed, or for no word at all
 */
export function commandWords(text: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    const next = text[index + 1]
    if (character === '\\' && quote !== "'" && next !== undefined) {
      word = (word ?? '') + next
      index++
    } else if (quote !== null) {
      if (character === quote) quote = null
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== null) throw usageError(`The command has a ${quote} that is never closed: ${text}`)
  if (word !== null) words.push(word)
  if (words.length === 0) throw usageError('The command is empty', `Write 'command: program --port {port}'`)
  return words
}

/** Fills `{name}` in each word; a value with spaces stays one word. Braces around anything else stay as they are. */
export function fillWords(
  words: readonly string[],
  values: Readonly<Record<string, string | number>>,
): string[] {
  return words.map((word) =>
    word.replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : whole,
    ),
  )
}
