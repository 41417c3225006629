import type { LogLevel } from './settings.js'

const SEVERITY: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 }

/** One line per event, in the form operators know from Gunicorn: `[time] [pid] [LEVEL] message`. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warning(message: string): void
  error(message: string): void
  critical(message: string): void
}

/** Logs to stderr unless told otherwise; results, and the app's own output, own stdout. */
export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const at = (name: LogLevel) => (message: string) => {
    if (SEVERITY[name] < SEVERITY[level]) return
    write(`[${timestamp(new Date())}] [${process.pid}] [${name.toUpperCase()}] ${message}\n`)
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    critical: at('critical'),
  }
}

/** Local time with its offset: `2026-11-21 10:00:00 +0000`. */
function timestamp(date: Date): string {
  const offsetMinutes = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString()
  const sign = offsetMinutes < 0 ? '-' : '+'
  const size = Math.abs(offsetMinutes)
  const hours = String(Math.floor(size / 60)).padStart(2, '0')
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${sign}${hours}${String(size % 60).padStart(2, '0')}`
}
