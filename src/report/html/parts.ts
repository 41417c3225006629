import type { Finding } from '../../result/analysis.js'
import type { ResultDocument } from '../../result/document.js'
import type { Trial } from '../../result/trial.js'
import { environmentFacts } from '../environment.js'
import { formatMib, formatRate, latencyUnit, NO_FIGURE } from '../format.js'
import { METHOD, planSentence } from '../method.js'
import { partialFigures } from '../partial.js'
import { plain } from '../plain.js'
import { invalidReasons, reliabilityFacts } from '../reliability.js'
import { reproduceCommand } from '../reproduce.js'
import { limitsOfValidity } from '../sentences.js'
import { markup, NOTHING, type Html } from './markup.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

// Parts that every page has.

/** Rows of the list of trials; a matrix may have thousands, and the file has an upper size. */
const MAX_TRIALS = 400

/** Labels with their texts beside them; texts that follow each other under one label share it. */
export function factList(facts: readonly { label: string; text: string }[]): Html {
  const items = facts.map(({ label, text }, index) => {
    const term = facts[index - 1]?.label === label ? NOTHING : markup`<dt>${label}</dt>`
    return markup`${term}<dd>${text}</dd>`
  })
  return markup`<dl class="facts">${items}</dl>`
}

/**
 * A command with the button that copies it; the button shows itself only where scripts run. Each word is whole, because a browser breaks
 * lines behind the hyphens of a flag.
 */
export function commandBox(command: string): Html {
  const words = plain(command)
    .split(' ')
    .map((word, index) => markup`${index === 0 ? '' : ' '}<span>${word}</span>`)
  return markup`<div class="command">
    <pre><code>${words}</code></pre>
    <button type="button" data-copy hidden>Copy</button>
  </div>`
}

const LEVELS: Record<Finding['level'], { order: number; word: string; kind: string }> = {
  warn: { order: 0, word: '[!!]', kind: 'warn' },
  ok: { order: 1, word: '[OK]', kind: 'good' },
  info: { order: 2, word: '[--]', kind: 'info' },
}

export function findingsSection(findings: readonly Finding[]): Section[] {
  if (findings.length === 0) return []
  const items = findings
    .toSorted((a, b) => LEVELS[a.level].order - LEVELS[b.level].order)
    .map(({ level, id, title, observed, rule, advice, evidence }) => {
      const { word, kind } = LEVELS[level]
      return markup`<li class="${kind}">
        <p>
          <strong class="word">${word}</strong> <strong>${title}</strong>
          <span class="soft">${id}, ${evidence}</span>
        </p>
        <p>${`Observed: ${observed}. Rule: ${rule}.`}</p>
        ${advice === '' ? NOTHING : markup`<p>${`→ ${advice}`}</p>`}
      </li> `
    })
  return [
    {
      id: 'findings',
      title: 'Findings',
      body: markup`<ul class="findings">
        ${items}
      </ul>`,
    },
  ]
}

export function reliabilitySection(document: ResultDocument): Section {
  const warnings = [...new Set([...document.warnings, ...document.machine.warnings])]
  const body = markup`${factList(reliabilityFacts(document))} ${list(invalidReasons(document.trials))}
  ${warnings.length === 0 ? NOTHING : markup`<h3>Warnings</h3>`}${list(warnings)}`
  return { id: 'reliability', title: 'Reliability', body }
}

function list(items: readonly string[]): Html {
  return items.length === 0
    ? NOTHING
    : markup`<ul>
        ${items.map((item) => markup`<li>${item}</li>`)}
      </ul>`
}

/** What a run that ended before it compared anything knows. */
export function partialSection(document: ResultDocument): Section[] {
  const rows = partialFigures(document.trials)
  if (rows.length === 0) return []
  const body = htmlTable({
    caption: 'Medians of the believed trials',
    rows,
    columns: [
      { head: 'target', align: 'left', cell: ({ target }) => target },
      { head: 'clients', align: 'right', cell: ({ connections }) => String(connections) },
      { head: 'trials', align: 'right', cell: ({ trials }) => String(trials) },
      { head: 'req/s', align: 'right', cell: ({ throughputRps }) => rate(throughputRps) },
    ],
  })
  return [{ id: 'known', title: 'Known so far', body }]
}

/** Every trial, those that are not believed always among them. */
export function trialsTable({ trials }: { trials: readonly Trial[] }): Html {
  const unit = latencyUnit(trials.flatMap(({ latencyUs }) => [latencyUs.p50, latencyUs.p99]))
  const shown = selectTrials(trials)
  const missing = trials.length - shown.length
  const caption =
    missing === 0 ? `All ${trials.length} trials` : `${shown.length} trials; ${missing} more in result.json`
  return htmlTable({
    caption,
    rows: shown,
    sortable: true,
    mark: ({ validity }) => (validity.ok ? '' : 'invalid'),
    columns: [
      { head: 'trial', align: 'right', cell: ({ id }) => String(id) },
      { head: 'phase', align: 'left', cell: ({ phase }) => phase },
      { head: 'block', align: 'right', cell: ({ block }) => (block === null ? NO_FIGURE : String(block)) },
      { head: 'target', align: 'left', cell: ({ target }) => target.slice(0, 120) },
      { head: 'clients', align: 'right', cell: ({ load }) => String(load.connections) },
      { head: 'req/s', figure: ({ throughputRps }) => throughputRps, format: formatRate },
      { head: `p50 ${unit.name}`, figure: ({ latencyUs }) => latencyUs.p50, format: unit.format },
      { head: `p99 ${unit.name}`, figure: ({ latencyUs }) => latencyUs.p99, format: unit.format },
      { head: 'MiB', figure: ({ server }) => server?.pssBytes ?? null, format: formatMib },
      { head: 'believed', align: 'left', cell: beliefOf },
    ],
  })
}

function selectTrials(trials: readonly Trial[]): Trial[] {
  if (trials.length <= MAX_TRIALS) return [...trials]
  const invalid = trials.filter(({ validity }) => !validity.ok).slice(0, MAX_TRIALS / 2)
  const believed = trials.filter(({ validity }) => validity.ok).slice(0, MAX_TRIALS - invalid.length)
  const chosen = new Set([...invalid, ...believed])
  return trials.filter((one) => chosen.has(one))
}

function beliefOf({ validity: { ok, reasons } }: Trial): string {
  return ok ? 'yes' : `no: ${reasons.map(({ id }) => id.slice(0, 60)).join(', ')}`
}

export function methodSection(document: ResultDocument): Section {
  const environment = htmlTable({
    caption: 'The machine and the run',
    rows: environmentFacts(document),
    columns: [
      { head: 'what', align: 'left', cell: ({ label }) => label },
      { head: 'value', align: 'left', cell: ({ value }) => value },
      { head: 'source', align: 'left', cell: ({ source }) => source },
    ],
  })
  const body = markup`<p>${planSentence(document)}</p>
    <p>${METHOD}</p>
    <h3>The same run again</h3>
    ${commandBox(reproduceCommand(document))}
    <p>${limitsOfValidity(document)}</p>
    <details>
      <summary>Environment</summary>
      ${environment}
    </details>`
  return { id: 'method', title: 'Method', body }
}

export function footerOf({ tool, schemaVersion, name, seed, startedAt }: ResultDocument): Html {
  return markup`<p>
    ${`${tool.name} ${tool.version}, schema ${schemaVersion}, run ${name}, seed ${seed}, started ${startedAt}.`}
    Everything that is known stands in result.json, the histograms of all trials included.
  </p>`
}

export function rate(rps: number | null): string {
  return rps === null ? NO_FIGURE : formatRate(rps)
}
