import type { Finding } from '../../result/analysis.js'
import type { MachineFact } from '../../result/machine.js'
import type { ResultDocument } from '../../result/document.js'
import type { Trial } from '../../result/trial.js'
import {
  formatBytes,
  formatCpus,
  formatDuration,
  formatMib,
  formatRate,
  latencyUnit,
  NO_FIGURE,
} from '../format.js'
import { partialFigures } from '../partial.js'
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

export function environmentDetails({ machine, startedAt, durationSeconds }: ResultDocument): string[] {
  const facts: [string, string, string][] = [
    ['effective CPUs', formatCpus(machine.effectiveCpus), machine.effectiveCpusSource],
    ['memory limit', formatBytes(machine.memoryLimitBytes), machine.memoryLimitSource],
    ['memory available', formatBytes(machine.memoryAvailableBytes), ''],
    ['CPU', machine.cpuModel, ''],
    ['platform', machine.platform, ''],
    ['kernel', machine.kernel, ''],
    ['Node', machine.nodeVersion, ''],
    ['started', startedAt, ''],
    ['took', formatDuration(durationSeconds), ''],
    ...machine.facts.map((fact): [string, string, string] => [fact.label, factValue(fact), fact.source]),
  ]
  return details(
    'Environment',
    markdownTable(
      [
        { head: 'what', align: 'left', cell: ([label]) => label },
        { head: 'value', align: 'left', cell: ([, value]) => value },
        { head: 'source', align: 'left', cell: ([, , source]) => source },
      ],
      facts,
    ),
  )
}

function factValue({ value, unit }: MachineFact): string {
  if (value === null) return NO_FIGURE
  if (typeof value === 'string') return value
  if (unit === 'bytes') return formatBytes(value)
  return unit === 'cpus' ? formatCpus(value) : String(value)
}

/** How the figures were won, and the command that does it again. */
export function methodDetails(document: ResultDocument, planSentence: string): string[] {
  return details('Method and how to repeat it', [
    planSentence,
    'Servers stay up while trials of all of them alternate in blocks of random order, so that drift of the machine',
    'meets every one alike. Comparisons are paired within blocks; intervals are 95 %. A percentile is shown only when',
    'the sample can carry it. A trial that fails a check of its own figures is listed with the reason and feeds nothing.',
    '',
    ...codeBlock('sh', [reproduceCommand(document)]),
    '',
    escapeMarkdown(limitsOfValidity(document)),
  ])
}

export function rate(rps: number | null): string {
  return rps === null ? NO_FIGURE : formatRate(rps)
}
