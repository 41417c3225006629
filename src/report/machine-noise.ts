import type { NoiseCalibration } from '../result/noise-calibration.js'
import { formatChange, formatChangeInterval, formatDuration, formatShare } from './format.js'
import { plural } from './sentences.js'

/** From here on only gross differences can be told apart. */
const NOISY = 0.05

/** How small a difference this machine can show in how much time, and what disturbs it. Plain lines. */
export function noiseLines(noise: NoiseCalibration): string[] {
  const { pairs, invalidTrials, pairDeviation, rawVariation, detectable, needed, seconds } = noise
  const measured = `${pairs} ${plural(pairs, 'pair')} of identical servers in ${formatDuration(seconds)}`
  if (pairDeviation === null) {
    return [
      `Not measured: ${measured}, ${invalidTrials} trials not believed. Give it more time with --budget`,
    ]
  }
  return [
    `${verdict(noise)} (${measured}${invalidTrials > 0 ? `, ${invalidTrials} trials not believed` : ''})`,
    `Identical servers  ${sameness(noise)}`,
    `Scatter            ${formatShare(pairDeviation)} between pairs, ${formatShare(rawVariation ?? 0)} between trials on their own`,
    `In                 ${detectable
      .filter(({ effect }) => effect !== null)
      .map(({ seconds: budget, effect }) => `${formatDuration(budget)}: ${formatShare(effect ?? 0)}`)
      .join('   ')}`,
    `To show            ${needed
      .map(
        ({ effect, seconds: time }) =>
          `${formatShare(effect)}: ${time === null ? 'out of reach' : formatDuration(time)}`,
      )
      .join('   ')}`,
    ...disturbanceLines(noise),
  ]
}

function verdict({ detectable }: NoiseCalibration): string {
  const minute = detectable.find(({ seconds }) => seconds === 60)?.effect ?? null
  if (minute === null) return 'Too slow to say what a minute can show'
  const level = minute > NOISY ? 'Noisy' : 'Quiet enough'
  return `${level}: a minute shows a difference of ${formatShare(minute)} between two configurations`
}

function sameness({ effect }: NoiseCalibration): string {
  if (effect === null) return 'not compared'
  const interval = formatChangeInterval(effect)
  const differ = effect.low !== null && effect.high !== null && (effect.low > 1 || effect.high < 1)
  const basis = interval === '' ? '' : ` (95 % interval ${interval})`
  return `${formatChange(effect.ratio)}${basis}${differ ? ': they should not differ, so distrust small differences here' : ''}`
}

function disturbanceLines({ disturbances, pairs, invalidTrials }: NoiseCalibration): string[] {
  if (disturbances.length === 0) return ['Disturbed by       nothing that was looked for']
  const trials = Math.max(2 * pairs, invalidTrials)
  return disturbances.map(({ id, trials: count, worst }, index) => {
    const label = index === 0 ? 'Disturbed by' : ''
    return `${label.padEnd(19)}${id} in ${count} of ${Math.max(trials, count)} trials, at worst ${worst}`
  })
}
