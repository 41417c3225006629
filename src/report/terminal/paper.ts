import { Ansis } from 'ansis'
import { plain, toAscii, wrap, wrapCommand } from '../plain.js'

export interface TerminalOptions {
  /** Columns of the terminal. */
  width: number
  color: boolean
  /** `false` for terminals that are not UTF-8. */
  unicode: boolean
  /** Where the files of the run lie, when they were written. */
  folder?: string | undefined
}

/** Colours carry nothing that words do not say. */
export type Tint = 'plain' | 'strong' | 'good' | 'bad' | 'warn' | 'faint'

/** What to write on: knows width, colour and character set, and makes every string harmless. */
export interface Paper {
  readonly width: number
  readonly unicode: boolean
  /** One harmless line in the terminal's character set. */
  text(text: string): string
  tint(tint: Tint, text: string): string
  /** A label with its text beside it, or below it where the terminal is narrow. */
  field(label: string, text: string, tint?: Tint): string[]
  /** Like `field`, for a command that must survive copy and paste. */
  command(label: string, command: string, tint?: Tint): string[]
  heading(text: string): string[]
  /** Lines after a marker such as `- `, indented to its width. */
  item(marker: string, text: string, indent?: number): string[]
}

const MIN_WIDTH = 40
const NARROW = 60
const LABEL_WIDTH = 17

export function createPaper(options: TerminalOptions): Paper {
  const ansis = new Ansis(options.color ? 1 : 0)
  const tints: Record<Tint, (text: string) => string> = {
    plain: (text) => text,
    strong: (text) => ansis.bold(text),
    good: (text) => ansis.green(text),
    bad: (text) => ansis.red(text),
    warn: (text) => ansis.yellow(text),
    faint: (text) => ansis.dim(text),
  }
  const width = Math.max(MIN_WIDTH, options.width)
  const text = (raw: string): string => (options.unicode ? plain(raw) : toAscii(plain(raw)))
  const tint = (name: Tint, content: string): string => tints[name](content)

  const beside = (label: string, lines: readonly string[], name: Tint): string[] => {
    const head = text(label)
    if (width < NARROW) {
      const below = lines.map((line) => `  ${tint(name, line)}`)
      return head === '' ? below : [tint('strong', head), ...below]
    }
    return lines.map((line, index) => {
      const start = index === 0 ? head : ''
      return `${tint('strong', start)}${' '.repeat(LABEL_WIDTH - start.length)}${tint(name, line)}`
    })
  }
  const textWidth = width < NARROW ? width - 2 : width - LABEL_WIDTH
  const field = (label: string, content: string, name: Tint = 'plain'): string[] =>
    beside(label, wrap(text(content), textWidth), name)
  const command = (label: string, content: string, name: Tint = 'plain'): string[] =>
    beside(label, wrapCommand(text(content), textWidth), name)

  const item = (marker: string, content: string, indent = 0): string[] =>
    wrap(text(content), width - indent - marker.length).map(
      (line, index) => `${' '.repeat(indent)}${index === 0 ? marker : ' '.repeat(marker.length)}${line}`,
    )

  const heading = (content: string): string[] =>
    wrap(text(content), width).map((line) => tint('strong', line))

  return { width, unicode: options.unicode, text, tint, field, command, heading, item }
}
