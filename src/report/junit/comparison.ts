import type { ComparedSubject, ComparisonDocument, MetricComparison } from '../../result/comparison.js'
import { hostKey } from '../../result/host-key.js'
import { METRICS } from '../../result/metric.js'
import { budgetLine, changeOf, formatEstimate, metricVerdict } from '../comparison/words.js'
import { plural } from '../sentences.js'
import { renderSuite, type JunitCase } from './suite.js'

/** A case for every budget and for every metric. Only a broken budget fails: being slower is no fault where nobody drew a line. */
export function renderComparisonJunit(document: ComparisonDocument): string {
  const { base, head, budgets, subjects, run } = document
  return renderSuite({
    name: `tune compare ${head.name}`,
    startedAt: head.startedAt,
    seconds: run?.durationSeconds ?? 0,
    properties: [
      ['base', base.name],
      ['head', head.name],
      ['baseNodeVersion', base.nodeVersion],
      ['headNodeVersion', head.nodeVersion],
      ['margin', String(document.margin)],
    ],
    cases: [
      ...budgets.map((budget): JunitCase => {
        const outcomes = { pass: 'passed', fail: 'failed', inconclusive: 'skipped' } as const
        const outcome = outcomes[budget.outcome]
        const binding = outcome === 'failed' && budget.level === 'warn' ? 'skipped' : outcome
        const line = budgetLine(budget)
        return {
          className: 'tune.budgets',
          name: `${budget.expression}, ${budget.subject}`,
          seconds: 0,
          outcome: binding,
          message: binding === 'passed' ? '' : line,
          output: line,
        }
      }),
      ...subjects.flatMap((subject) =>
        subject.metrics.map((metric) => metricCase(subject, metric, document)),
      ),
    ],
  })
}

function metricCase(
  { workload, server, configuration, connections }: ComparedSubject,
  comparison: MetricComparison,
  document: ComparisonDocument,
): JunitCase {
  const { metric, base, head, verdict } = comparison
  const place = `${hostKey({ server, configuration })} at ${connections.head} ${plural(connections.head, 'client')}`
  const figures = `${formatEstimate(metric, base)} to ${formatEstimate(metric, head)}, ${changeOf(comparison)}`
  const output = `${metricVerdict(comparison, document)}: ${figures}`
  const told = verdict !== 'inconclusive'
  return {
    className: workload === null ? 'tune.compare' : `tune.compare.${workload}`,
    name: `${METRICS[metric].title}, ${place}`,
    seconds: 0,
    outcome: told ? 'passed' : 'skipped',
    message: told ? '' : output,
    output,
  }
}
