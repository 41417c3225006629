import type { Budget } from '../result/budget.js'
import { EXIT, TuneError } from '../result/error.js'
import { METRICS, metricSchema, type Metric } from '../result/metric.js'
import { nearest } from './nearest.js'
import { parseMemory } from './units.js'

const EXPRESSION =
  /^(?:(?<level>error|warn)\s*:\s*)?(?<metric>[a-z][\w.-]*)(?<versus>\s+vs\s+baseline)?\s*(?<operator><=|>=|==|!=|=|<|>)\s*(?<limit>\S.*)$/i
const NUMBER = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\S*)$/
const MICROSECONDS: Record<string, number> = { us: 1, µs: 1, ms: 1000, s: 1_000_000 }

/**
 * A limit such as `latency.p99 < 250ms`, `rps >= 1000`, `errors.rate < 0.1%`, `memory.pss < 512MiB` or `rps vs baseline >= -5%`, with
 * `warn:` in front where it must not fail the gate. Anything that is not understood is an error of usage: a budget with a misspelt
 * name that passes for ever is worse than none.
 */
export function parseBudget(expression: string): Budget {
  const { level = 'error', metric: name, versus, operator = '', limit = '' } = partsOf(expression)
  const metric = metricSchema.safeParse(name?.toLowerCase())
  if (!metric.success) {
    const near = nearest(name ?? '', metricSchema.options)
    throw wrong(expression, `there is no metric ${JSON.stringify(name)}`, [
      ...(near === null ? [] : [`Did you mean ${near}?`]),
      `The metrics are ${metricSchema.options.join(', ')}`,
    ])
  }
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    throw wrong(expression, `"${operator}" cannot be decided on measured figures`, ['Use <, <=, > or >='])
  }
  const againstBaseline = versus !== undefined
  if (againstBaseline && METRICS[metric.data].unit === 'share') {
    throw wrong(expression, 'from no error to one is no change in per cent', [
      'Limit the rate itself, e.g. "errors.rate < 0.1%"',
    ])
  }
  return {
    expression: expression.trim(),
    level: level.toLowerCase() === 'warn' ? 'warn' : 'error',
    metric: metric.data,
    againstBaseline,
    operator,
    limit: againstBaseline ? percentOf(limit, expression) : limitOf(metric.data, limit, expression),
  }
}

function partsOf(expression: string): Record<string, string | undefined> {
  const groups = EXPRESSION.exec(expression.trim())?.groups
  if (groups !== undefined) return groups
  throw wrong(expression, 'it is not a metric, an operator and a limit', [
    'Write for example "latency.p99 < 250ms", "rps >= 1000" or "rps vs baseline >= -5%"',
  ])
}

function limitOf(metric: Metric, text: string, expression: string): number {
  const { unit } = METRICS[metric]
  if (unit === 'bytes') return parseMemory(text, `budget "${expression}":`)
  const [, amount = '', suffix = ''] = NUMBER.exec(text) ?? []
  const value = Number(amount)
  if (amount === '' || value < 0)
    throw wrong(expression, `"${text}" is not a limit`, ['Give a number of 0 or more'])
  if (unit === 'us') {
    const scale = MICROSECONDS[suffix.toLowerCase()]
    if (scale !== undefined) return value * scale
    throw wrong(expression, `"${text}" needs a unit of time`, ['Write us, ms or s, e.g. 250ms'])
  }
  if (unit === 'share' && suffix === '%') return value / 100
  if (suffix === '' || (unit === 'rps' && /^(rps|req\/s|\/s)$/i.test(suffix))) return value
  throw wrong(expression, `"${suffix}" is no unit of ${metric}`, [
    unit === 'share' ? 'Write a share such as 0.001, or 0.1%' : 'Write requests per second, e.g. 1000',
  ])
}

function percentOf(text: string, expression: string): number {
  const [, amount = '', suffix = ''] = NUMBER.exec(text) ?? []
  if (amount !== '' && suffix === '%') return Number(amount) / 100
  throw wrong(expression, `"${text}" is not a change`, [
    'Give a change against the baseline in per cent, e.g. -5%',
  ])
}

function wrong(expression: string, reason: string, suggestions: string[]): TuneError {
  return new TuneError(`budget ${JSON.stringify(expression)}: ${reason}`, {
    code: 'TUNE_E_BUDGET',
    exit: EXIT.usage,
    suggestions,
  })
}
