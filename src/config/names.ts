import { usageError } from '../result/error.js'

/**
 * Names in a list such as `sync,async`; doubles are dropped, order is kept.
 * @throws TuneError (usage) for a name that is not allowed
 */
export function parseNames<T extends string>(text: string, flag: string, allowed: readonly T[]): T[] {
  const names = text.split(',').map((item) => {
    const name = allowed.find((one) => one === item.trim())
    if (name === undefined) {
      throw usageError(`${flag} "${item.trim()}" is unknown`, `It may be any of ${allowed.join(', ')}`)
    }
    return name
  })
  return [...new Set(names)]
}
