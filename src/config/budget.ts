import type { Budget } from '../result/budget.js'
import { EXIT, TuneError } from '../result/error.js'
import { METRICS, metricSchema, type Metric } from '../result/metric.js'
import { nearest } from './nearest.js'
import { parseMemory } from './units.js'

const EXPRESSION =
  /^\s*(?:(?<level>error|warn)\s*:\s*)?(?<metric>[a-z][\w.-]*)(?<versus>\s+vs\s+baseline)?\s*(?<operator><=|>=|==|!=|=|<|>)\s*(?<limit>\S.*?)\s*$/dis
/** What can be understood of an expression that is not whole, up to its operator. */
const BEGINNING =
  /^\s*(?:(?:error|warn)\s*:\s*)?(?:(?<metric>[a-z][\w.-]*)(?:\s+vs\s+baseline)?\s*(?<operator><=|>=|==|!=|=|<|>)?\s*)?/i
const NUMBER = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\S*)$/
const MICROSECONDS: Record<string, number> = { us: 1, µs: 1, ms: 1000, s: 1_000_000 }

/**
 * A limit such as `latency.p99 < 250ms`, `rps >= 1000`, `errors.rate < 0.1%`, `memory.pss < 512MiB` or `rps vs baseline >= -5%`, with
 * `warn:` in front where it must not fail the gate. Anything that is not understood is an error of usage, with the column: a budget with
 * a misspelt name that passes for ever is worse than none. `origin` is where somebody wrote it.
 */
export function parseBudget(expression: string, origin = ''): Budget {
  const source = { expression, origin }
  const { level = 'error', metric: name, versus, operator, limit, columns } = partsOf(source)
  const metric = metricSchema.safeParse(name.toLowerCase())
  if (!metric.success) {
    const near = nearest(name, metricSchema.options)
    throw wrong(source, columns.metric, `there is no metric ${JSON.stringify(name)}`, [
      ...(near === null ? [] : [`Did you mean ${near}?`]),
      `The metrics are ${metricSchema.options.join(', ')}`,
    ])
  }
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    throw wrong(source, columns.operator, `"${operator}" cannot be decided on measured figures`, [
      'Use <, <=, > or >=',
    ])
  }
  const againstBaseline = versus !== undefined
  if (againstBaseline && METRICS[metric.data].unit === 'share') {
    throw wrong(source, columns.metric, 'from no error to one is no change in per cent', [
      'Limit the rate itself, e.g. "errors.rate < 0.1%"',
    ])
  }
  const fail: Refuse = (reason, suggestion) => wrong(source, columns.limit, reason, [suggestion])
  return {
    expression: expression.trim(),
    level: level.toLowerCase() === 'warn' ? 'warn' : 'error',
    metric: metric.data,
    againstBaseline,
    operator,
    limit: againstBaseline ? percentOf(limit, fail) : limitOf(metric.data, limit, fail),
  }
}

/** Several of one place, such as a flag that was repeated or a list in a file. */
export function parseBudgets(expressions: readonly string[], originOf: (index: number) => string): Budget[] {
  return expressions.map((expression, index) => parseBudget(expression, originOf(index)))
}

interface Source {
  expression: string
  origin: string
}

type Refuse = (reason: string, suggestion: string) => TuneError

interface Parts {
  level: string | undefined
  metric: string
  versus: string | undefined
  operator: string
  limit: string
  /** From 1. */
  columns: { metric: number; operator: number; limit: number }
}

function partsOf(source: Source): Parts {
  const found = EXPRESSION.exec(source.expression)
  const { metric, operator, limit, level, versus } = found?.groups ?? {}
  if (metric === undefined || operator === undefined || limit === undefined) throw notWhole(source)
  const columnOf = (name: string): number => (found?.indices?.groups?.[name]?.[0] ?? 0) + 1
  const columns = { metric: columnOf('metric'), operator: columnOf('operator'), limit: columnOf('limit') }
  return { level, metric, versus, operator, limit, columns }
}

function notWhole(source: Source): TuneError {
  const [understood = '', metric, operator] = BEGINNING.exec(source.expression) ?? []
  const missing =
    metric === undefined ? 'a metric' : operator === undefined ? 'an operator such as <' : 'a limit'
  const reason = `it is not a metric, an operator and a limit; ${missing} is missing`
  return wrong(source, understood.length + 1, reason, [
    'Write for example "latency.p99 < 250ms", "rps >= 1000" or "rps vs baseline >= -5%"',
  ])
}

function limitOf(metric: Metric, text: string, fail: Refuse): number {
  const { unit } = METRICS[metric]
  if (unit === 'bytes') return bytesOf(text, fail)
  const [, amount = '', suffix = ''] = NUMBER.exec(text) ?? []
  const value = Number(amount)
  if (amount === '' || value < 0) throw fail(`"${text}" is not a limit`, 'Give a number of 0 or more')
  if (unit === 'us') {
    const scale = MICROSECONDS[suffix.toLowerCase()]
    if (scale !== undefined) return value * scale
    throw fail(`"${text}" needs a unit of time`, 'Write us, ms or s, e.g. 250ms')
  }
  if (unit === 'share' && suffix === '%') return value / 100
  if (suffix === '' || (unit === 'rps' && /^(rps|req\/s|\/s)$/i.test(suffix))) return value
  throw fail(
    `"${suffix}" is no unit of ${metric}`,
    unit === 'share' ? 'Write a share such as 0.001, or 0.1%' : 'Write requests per second, e.g. 1000',
  )
}

function bytesOf(text: string, fail: Refuse): number {
  try {
    return parseMemory(text)
  } catch {
    const needs = /^\d+$/.test(text) && Number(text) > 0 ? 'needs a unit' : 'is not an amount of memory'
    throw fail(
      `${JSON.stringify(text)} ${needs}`,
      'Give a number above 0 with a unit of k, m, g or t (powers of 1024), e.g. 512MiB',
    )
  }
}

function percentOf(text: string, fail: Refuse): number {
  const [, amount = '', suffix = ''] = NUMBER.exec(text) ?? []
  if (amount !== '' && suffix === '%') {
    if (Number(amount) >= -100) return Number(amount) / 100
    throw fail(
      `"${text}" is no change that can be: nothing falls by more than 100 %`,
      'Give one of -100% or more',
    )
  }
  throw fail(`"${text}" is not a change`, 'Give a change against the baseline in per cent, e.g. -5%')
}

function wrong(
  { expression, origin }: Source,
  column: number,
  reason: string,
  suggestions: string[],
): TuneError {
  const place = [...(origin === '' ? [] : [origin]), `column ${column}`].join(', ')
  return new TuneError(`budget ${JSON.stringify(expression)} (${place}): ${reason}`, {
    code: 'TUNE_E_BUDGET',
    exit: EXIT.usage,
    suggestions,
  })
}
