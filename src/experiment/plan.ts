import { shuffled, type Random } from './random.js'

/**
 * One randomised complete block: every label once, in random order. Drift of the machine falls on every label
 * alike and cancels in the ratios within a block. With `twinOf` that configuration is in the block under a second
 * label as well: the A/A pair.
 */
export function planBlock(labels: readonly string[], random: Random, twinOf: string | null = null): string[] {
  return shuffled(twinOf === null ? labels : [...labels, twinLabel(twinOf)], random)
}

/** The second label of the A/A pair. */
export function twinLabel(label: string): string {
  return `${label}~aa`
}
