import type { RateDocument, RateProbe, RateSubject } from '../../result/rate-document.js'
import { environmentFacts } from '../environment.js'
import { formatRate, latencyUnit } from '../format.js'
import { largestSentence, openLoadSentence, orderProbes, probeVerdict, rateHeadline } from '../rate.js'
import { hostInWords } from '../sentences.js'
import { details, escapeMarkdown, htmlComment, joinBlocks, markdownTable } from './syntax.js'

/** report.md of `tune bench --rate` and `--slo`. */
export function renderRateMarkdown(document: RateDocument): string {
  const { tool, schemaVersion, name, startedAt, status, objective, subjects } = document
  return joinBlocks([
    [htmlComment(`${tool.name} ${tool.version}, schema ${schemaVersion}, rate ${name}, ${startedAt}`)],
    [`## ${escapeMarkdown(rateHeadline(document))}`],
    status === 'interrupted' ? ['**Partial:** the run was interrupted.'] : [],
    [escapeMarkdown(openLoadSentence(document))],
    ...subjects.map((subject) => subjectBlock(subject, objective)),
    details(
      'Environment',
      markdownTable(
        [
          { head: 'what', align: 'left', cell: ({ label }) => label },
          { head: 'value', align: 'left', cell: ({ value }) => value },
          { head: 'source', align: 'left', cell: ({ source }) => source },
        ],
        environmentFacts(document),
      ),
    ),
  ])
}

function subjectBlock(subject: RateSubject, objective: RateDocument['objective']): string[] {
  const probes = orderProbes(subject.probes)
  const answer = largestSentence(subject)
  const name = hostInWords(subject)
  const unit = latencyUnit(probes.flatMap(({ outcome: { latencyUs } }) => [latencyUs.p50, latencyUs.p99]))
  const percentile = (pick: 'p50' | 'p95' | 'p99') => ({
    head: `${pick} ${unit.name}`,
    align: 'right' as const,
    cell: ({ outcome }: RateProbe) => unit.format(outcome.latencyUs[pick]),
  })
  return [
    `### ${escapeMarkdown(answer === null ? name : `${name}: ${answer}`)}`,
    '',
    ...markdownTable<RateProbe>(
      [
        { head: 'offered req/s', align: 'right', cell: ({ ratePerSecond }) => formatRate(ratePerSecond) },
        { head: 'answered req/s', align: 'right', cell: ({ outcome }) => formatRate(outcome.achievedRps) },
        percentile('p50'),
        percentile('p95'),
        percentile('p99'),
        { head: 'objective', align: 'left', cell: (probe) => probeVerdict(probe, objective) },
      ],
      probes,
    ),
  ]
}
