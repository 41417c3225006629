import { usageError } from '../result/error.js'

/** `5%` as 0.05. Without the sign it is refused: 5 and 0.05 are both easily meant for the other. */
export function parseShare(text: string, flag: string, { min, max }: { min: number; max: number }): number {
  const [, amount] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? []
  const share = Number(amount) / 100
  if (amount !== undefined && share >= min && share <= max) return share
  throw usageError(
    `${flag} ${JSON.stringify(text)} is not a share from ${min * 100}% to ${max * 100}%`,
    `Give a number with a per cent sign, e.g. ${flag} 5%`,
  )
}
