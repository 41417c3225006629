import { usageError } from '../result/error.js'

const UNIT_SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 }

/**
 * Seconds in a duration such as `500ms`, `60s`, `1.5m` or `1h`; a bare number means seconds.
 * @throws TuneError (usage) when it is none of these or outside `min`..`max` seconds.
 */
export function parseDuration(
  text: string,
  name: string,
  { min, max }: { min: number; max: number },
): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim())
  const seconds = match?.[1] === undefined ? NaN : Number(match[1]) * (UNIT_SECONDS[match[2] ?? 's'] ?? NaN)
  if (!Number.isFinite(seconds)) {
    throw usageError(`${name} "${text}" is not a duration`, `Write it as ${examples(min, max)}`)
  }
  if (seconds < min || seconds > max) {
    throw usageError(
      `${name} ${text} is out of range`,
      `It may be ${formatSeconds(min)} to ${formatSeconds(max)}`,
    )
  }
  return seconds
}

/** Only what would be accepted. */
function examples(min: number, max: number): string {
  const all = ['500ms', '10s', '60s', '2m', '1h'].filter((text) => {
    const [, amount = '', unit = ''] = /^(\d+)(\D+)$/.exec(text) ?? []
    const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? NaN)
    return seconds >= min && seconds <= max
  })
  return all.length > 0 ? all.join(', ').replace(/, ([^,]+)$/, ' or $1') : formatSeconds(min)
}

function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}
