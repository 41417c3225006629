import { usageError } from '../result/error.js'

/** More than this is a typing error, not a plan: each worker is a process. */
export const MAX_COUNT = 4096

const HINT = 'Write a list such as 1,N,2N+1 or 8,64'

/**
 * Numbers in a list such as `1,N,2N+1`, where N is the effective number of CPUs. Every item rounds down, because
 * a fraction of a CPU does not carry a worker, and is at least 1; doubles are dropped, order is kept.
 * @throws TuneError (usage) on anything else than a whole number or a formula `aN`, `aN+b`, `aN-b`, `N/a`.
 */
export function parseCounts(text: string, name: string, effectiveCpus: number): number[] {
  const counts = text.split(',').map((item) => parseCount(item.trim(), name, effectiveCpus))
  return [...new Set(counts)]
}

function parseCount(item: string, name: string, effectiveCpus: number): number {
  if (/^\d+$/.test(item)) return bounded(Number(item), item, name)
  const formula = /^(\d+)?\*?N(?:\/(\d+))?(?:([+-])(\d+))?$/i.exec(item)
  if (!formula) throw usageError(`${name} "${item}" is neither a whole number nor a formula of N`, HINT)
  const [, factor, divisor, sign, offset] = formula
  if (Number(divisor ?? 1) === 0) throw usageError(`${name} "${item}" divides by zero`, HINT)
  const scaled = Math.floor((Number(factor ?? 1) * effectiveCpus) / Number(divisor ?? 1))
  const value = scaled + Number(offset ?? 0) * (sign === '-' ? -1 : 1)
  return bounded(Math.max(1, value), item, name)
}

function bounded(value: number, item: string, name: string): number {
  if (value >= 1 && value <= MAX_COUNT) return value
  throw usageError(`${name} "${item}" is out of range: it may be 1 to ${MAX_COUNT}`, HINT)
}
