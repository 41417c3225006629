import type { Finding } from '../../result/analysis.js'
import type { ResultDocument } from '../../result/document.js'
import type { Trial } from '../../result/trial.js'
import { environmentFacts } from '../environment.js'
import { formatMib, formatRate, latencyUnit, NO_FIGURE } from '../format.js'
import { METHOD, planSentence } from '../method.js'
import { partialFigures } from '../partial.js'
import { wrap } from '../plain.js'
import { invalidReasons, reliabilityFacts } from '../reliability.js'
import { reproduceCommand } from '../reproduce.js'
import { limitsOfValidity } from '../sentences.js'
import { codeBlock, details, escapeMarkdown, htmlComment, markdownTable } from './syntax.js'

// Parts that every Markdown report has. Each is a block of lines; empty when there is nothing to say.

/** First line of the file: what made it, and from which version of the document. */
export function frontComment({
  tool,
  schemaVersion,
  command,
  name,
  seed,
  startedAt,
}: ResultDocument): string[] {
  return [
    htmlComment(
      `${tool.name} ${tool.version}, schema ${schemaVersion}, ${command} ${name}, seed ${seed}, ${startedAt}`,
    ),
  ]
}

const MARKS: Record<Finding['level'], string> = { warn: '[!!]', ok: '[OK]', info: '[--]' }
const LEVELS: readonly Finding['level'][] = ['warn', 'ok', 'info']

export function findingsBlock(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  const items = findings
    .toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
    .map((finding) => {
      const { id, level, title, observed, rule, advice, evidence } = finding
      const todo = advice === '' ? '' : ` → ${escapeMarkdown(advice)}`
      return (
        `- \`${MARKS[level]}\` **${escapeMarkdown(id)}** ${escapeMarkdown(title)}: ` +
        `${escapeMarkdown(observed)} (${evidence}); rule: ${escapeMarkdown(rule)}${todo}`
      )
    })
  return ['### Findings', '', ...items]
}

export function reliabilityBlock(document: ResultDocument): string[] {
  return [
    '### Reliability',
    '',
    ...reliabilityFacts(document).map(({ label, text }) => `- **${label}:** ${escapeMarkdown(text)}`),
    ...invalidReasons(document.trials).map((reason) => `  - ${escapeMarkdown(reason)}`),
  ]
}

export function warningsBlock({ warnings, machine }: ResultDocument): string[] {
  const all = [...new Set([...warnings, ...machine.warnings])]
  return all.length === 0 ? [] : ['### Warnings', '', ...all.map((warning) => `- ${escapeMarkdown(warning)}`)]
}

/** Medians by target, for a run that ended before it compared anything. */
export function partialBlock(document: ResultDocument): string[] {
  const figures = partialFigures(document.trials)
  if (figures.length === 0) return []
  return [
    '### Known so far',
    '',
    ...markdownTable(
      [
        { head: 'target', align: 'left', cell: ({ target }) => target },
        { head: 'clients', align: 'right', cell: ({ connections }) => String(connections) },
        { head: 'trials', align: 'right', cell: ({ trials }) => String(trials) },
        { head: 'median req/s', align: 'right', cell: ({ throughputRps }) => rate(throughputRps) },
      ],
      figures,
    ),
  ]
}

export function trialsDetails({ trials }: ResultDocument): string[] {
  if (trials.length === 0) return []
  const unit = latencyUnit(trials.flatMap(({ latencyUs }) => [latencyUs.p50, latencyUs.p99]))
  const validity = ({ validity: { ok, reasons } }: Trial): string =>
    ok ? 'yes' : `no: ${reasons.map(({ id }) => id).join(', ')}`
  return details(
    `All trials (${trials.length})`,
    markdownTable(
      [
        { head: 'trial', align: 'right', cell: ({ id }) => String(id) },
        { head: 'phase', align: 'left', cell: ({ phase }) => phase },
        { head: 'block', align: 'right', cell: ({ block }) => (block === null ? NO_FIGURE : String(block)) },
        { head: 'target', align: 'left', cell: ({ target }) => target },
        { head: 'clients', align: 'right', cell: ({ load }) => String(load.connections) },
        { head: 'req/s', align: 'right', cell: ({ throughputRps }) => rate(throughputRps) },
        { head: `p50 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p50) },
        { head: `p99 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p99) },
        { head: 'MiB', align: 'right', cell: ({ server }) => formatMib(server?.pssBytes ?? null) },
        { head: 'believed', align: 'left', cell: validity },
      ],
      trials,
    ),
  )
}

export function environmentDetails(document: ResultDocument): string[] {
  return details(
    'Environment',
    markdownTable(
      [
        { head: 'what', align: 'left', cell: ({ label }) => label },
        { head: 'value', align: 'left', cell: ({ value }) => value },
        { head: 'source', align: 'left', cell: ({ source }) => source },
      ],
      environmentFacts(document),
    ),
  )
}

/** How the figures were won, and the command that does it again. */
export function methodDetails(document: ResultDocument): string[] {
  return details('Method and how to repeat it', [
    escapeMarkdown(planSentence(document)),
    ...wrap(METHOD, 120),
    '',
    ...codeBlock('sh', [reproduceCommand(document)]),
    '',
    escapeMarkdown(limitsOfValidity(document)),
  ])
}

export function rate(rps: number | null): string {
  return rps === null ? NO_FIGURE : formatRate(rps)
}
