import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compare } from '../../dist/experiment/compare.js'
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

/**
 * Of duels on servers that were started anew for each, where there are three: what differs from one start to the next is in no interval of
 * one of them. Against the rival that was best in their mean, whom one start may have hidden.
 */
function overStarts(duel, starts = []) {
  const rivals = (duel?.effects ?? []).flatMap(({ key }) => {
    const logs = starts.flatMap((ratios) => (ratios[key] === undefined ? [] : [Math.log(ratios[key])]))
    return logs.length < 3 || logs.every((log) => log === 0)
      ? []
      : [{ key, starts: logs.length, ...compare(logs, 0.03).effect }]
  })
  if (rivals.length === 0) return null
  const best = rivals.reduce((a, b) => (b.ratio < a.ratio ? b : a))
  const interval = `(${percent(best.high)} to ${percent(best.low)})`
  return { key: best.key, text: `${percent(best.ratio)} ${interval}, ${best.starts} starts` }
}

function row({ name, nature, classes, analyze, exhaustive, duel, starts }) {
  const several = overStarts(duel, starts)
  const knee =
    analyze.kneeMeasured === null || analyze.kneePredicted === null
      ? '-'
      : `${analyze.kneePredicted.toFixed(1)} / ${analyze.kneeMeasured.toFixed(1)}`
  return [
    name,
    nature,
    `${analyze.class}${classes.includes(analyze.class) ? '' : ' (WRONG)'}, ${analyze.confidence}`,
    `${analyze.action} ${configurationKey(analyze.configuration)}`,
    several?.key ??
      duel?.rival ??
      (exhaustive === undefined || exhaustive.blocks < 3 ? '-' : exhaustive.best),
    several?.text ?? regretOf({ exhaustive, duel }),
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
