import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { configurationKey } from '../../dist/result/configuration.js'

const TARGET = fileURLToPath(new URL('results.md', import.meta.url))
const percent = (ratio) => `${(100 * (1 - ratio)).toFixed(1)} %`

/**
 * By the duel, as the lead of the best of a grid is partly luck; a recommendation that is above its best rival regrets nothing.
 * Fewer than three blocks carry no interval, and decide nothing here either.
 */
function regretOf({ exhaustive, duel }) {
  const effect = duel === undefined ? exhaustive?.recommendedAgainstBest : duel.recommendedAgainstRival
  if (effect == null) return 'not measured'
  if (effect.low === null) {
    // A contender that is clearly worse leaves after its second block.
    return duel !== undefined && effect.blocks < duel.blocks
      ? `${percent(effect.ratio)}: it left, clearly worse, after ${effect.blocks} of ${duel.blocks} blocks`
      : `not decided: ${(duel ?? exhaustive).blocks} blocks`
  }
  if (effect.ratio === 1 && effect.low === 1) return '0 %: the best'
  return `${percent(effect.ratio)} (${percent(effect.high)} to ${percent(effect.low)})`
}

function row({ name, nature, classes, analyze, exhaustive, duel }) {
  const knee =
    analyze.kneeMeasured === null || analyze.kneePredicted === null
      ? '-'
      : `${analyze.kneePredicted.toFixed(1)} / ${analyze.kneeMeasured.toFixed(1)}`
  return [
    name,
    nature,
    `${analyze.class}${classes.includes(analyze.class) ? '' : ' (WRONG)'}, ${analyze.confidence}`,
    `${analyze.action} ${configurationKey(analyze.configuration)}`,
    duel?.rival ?? (exhaustive === undefined || exhaustive.blocks < 3 ? '-' : exhaustive.best),
    regretOf({ exhaustive, duel }),
    analyze.trials,
    exhaustive === undefined ? '-' : `${exhaustive.trials} (${exhaustive.fullMatrixTrials})`,
    knee,
    [analyze, exhaustive, duel].map((one) => one?.foreignCores?.toFixed(2) ?? '-').join(' / '),
  ]
}

function repeatLines(apps) {
  return apps
    .filter(({ repeats }) => repeats?.length > 0)
    .map(({ name, repeats }) => {
      const count = (of) => Object.entries(Object.groupBy ? Object.groupBy(repeats, of) : group(repeats, of))
      const words = (of) =>
        count(of)
          .map(([key, all]) => `${key} ${all.length}x`)
          .join(', ')
      return `- ${name}, ${repeats.length} runs: class ${words((one) => one.class)}; answer ${words((one) => `${one.action} ${one.key}`)}.`
    })
}

function group(values, of) {
  const groups = {}
  for (const value of values) (groups[of(value)] ??= []).push(value)
  return groups
}

/** results.md: regret and cost of every app that was measured, good or bad. */
export function writeTable(apps) {
  const head = [
    'app',
    'nature',
    'class found',
    'answer',
    'best of the grid, or its best rival',
    'regret (95 %)',
    'trials',
    'exhaustive trials (full matrix)',
    'knee predicted / measured',
    'cores used by others',
  ]
  const measured = apps.filter(({ analyze }) => analyze !== undefined)
  const lines = [head, head.map(() => '---'), ...measured.map(row)].map((cells) => `| ${cells.join(' | ')} |`)
  const repeats = repeatLines(measured)
  writeFileSync(TARGET, `${[...lines, '', ...repeats].join('\n').trimEnd()}\n`)
  console.log([...lines, '', ...repeats].join('\n'))
}
