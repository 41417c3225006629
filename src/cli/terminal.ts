import { performance } from 'node:perf_hooks'
import ansis from 'ansis'
import { createProgress, progressMode, type Progress } from '../report/progress.js'

/** Width where there is no terminal: a log or a pipe. */
const DEFAULT_COLUMNS = 120
const REDRAW_MS = 1000

/** How results are printed here. A terminal may report 0 columns (a detached pty), which leaves no room for anything. */
export function terminalOptions(): { width: number; color: boolean; unicode: boolean } {
  const width = process.stdout.columns || Number(process.env.COLUMNS) || DEFAULT_COLUMNS
  return { width, color: ansis.isSupported(), unicode: isUnicode(process.env) }
}

/** Progress on stderr: one block on a terminal, one line a trial in a log, nothing when quiet. */
export function stderrProgress(quiet: boolean): Progress {
  const isCi = Boolean(process.env.CI)
  const mode = progressMode(process.stderr, quiet, isCi)
  const unicode = isUnicode(process.env)
  return createProgress({
    ...{ stream: process.stderr, mode, unicode, every: bySecond },
    now: () => performance.now(),
  })
}

/** The timer keeps no process alive. */
function bySecond(draw: () => void): () => void {
  const timer = setInterval(draw, REDRAW_MS).unref()
  return () => {
    clearInterval(timer)
  }
}

/** Only a locale that says otherwise is believed to be without UTF-8: containers often set none at all. */
function isUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '')
  return locale === undefined || /utf-?8/i.test(locale)
}
