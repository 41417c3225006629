import { mean } from 'simple-statistics'
import type { Trial } from '../result/trial.js'

/** Throughput by block, from the valid trials of one configuration. */
function throughputByBlock(trials: readonly Trial[]): Map<number, number> {
  const byBlock = new Map<number, number>()
  for (const trial of trials) {
    if (trial.block !== null && trial.validity.ok && trial.throughputRps > 0) {
      byBlock.set(trial.block, trial.throughputRps)
    }
  }
  return byBlock
}

/** ln(a / b) for every block in which both have a valid trial, in order of the blocks. */
export function pairedLogRatios(trialsOfA: readonly Trial[], trialsOfB: readonly Trial[]): number[] {
  const [a, b] = [throughputByBlock(trialsOfA), throughputByBlock(trialsOfB)]
  const ratios: number[] = []
  for (const block of [...a.keys()].sort((x, y) => x - y)) {
    const [x, y] = [a.get(block), b.get(block)]
    if (x !== undefined && y !== undefined) ratios.push(Math.log(x / y))
  }
  return ratios
}

/** Mean of ln X over the valid trials: what contenders with the same blocks are ranked by. */
export function meanLogThroughput(trials: readonly Trial[]): number | null {
  const values = [...throughputByBlock(trials).values()]
  return values.length === 0 ? null : mean(values.map((value) => Math.log(value)))
}
