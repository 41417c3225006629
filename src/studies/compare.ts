import { decideTogether, pKeptOf, type DecidedAlone } from '../experiment/budget-family.js'
import { evaluateBudget, gateOf, type BudgetFigure } from '../experiment/budgets.js'
import { samplesOf } from '../experiment/metrics.js'
import { estimateOver } from '../experiment/statistics.js'
import { judgeRatio, pUnpairedBelow, unpairedEffect } from '../experiment/unpaired.js'
import { asChange, figureOf } from '../experiment/version-budgets.js'
import { plural } from '../report/sentences.js'
import type { Budget } from '../result/budget.js'
import type {
  ComparedSide,
  ComparedSubject,
  ComparisonDocument,
  MetricComparison,
} from '../result/comparison.js'
import { SCHEMA_VERSION, type ResultDocument } from '../result/document.js'
import { EXIT, TuneError } from '../result/error.js'
import { hostKey, targetName } from '../result/host-key.js'
import { METRICS, type Metric } from '../result/metric.js'
import type { ServerName } from '../result/server.js'
import type { Trial } from '../result/trial.js'
import { COMPARED } from './versions.js'
import { caveatsOf, isCrowded, refuseOtherMachine, refuseOtherQuestion } from './comparable.js'

export interface CompareSettings {
  toolVersion: string
  /** Differences below this share count as none. */
  margin: number
  budgets: readonly Budget[]
  /** Compares results of different machines, which is refused otherwise. */
  otherMachine: boolean
}

/** `analyze` draws its load from what it probes; loads this close put the same question. */
const LOAD_TOLERANCE = 0.1

/** Two results side by side: the verdict on every metric of every configuration that both measured under the same load. */
export function compareResults(
  base: ResultDocument,
  head: ResultDocument,
  settings: CompareSettings,
): ComparisonDocument {
  refuseOtherQuestion(base, head)
  if (!settings.otherMachine) refuseOtherMachine(base, head)
  const told = isToldApart(base, head)
  const pairs = commonGroups(base, head, told)
  const mains = mainKeys(head, told)
  const server = commonServer(base, head)
  const subjects = pairs.map((pair) => subjectOf(pair, mains.has(pair.key), server, settings.margin))
  const judged = pairs.filter(({ key }) => mains.has(key))
  if (settings.budgets.length > 0 && judged.length === 0) throw noMain(head)
  const budgets = decideTogether(
    judged.flatMap((pair) => settings.budgets.map((budget) => budgetOf(budget, pair))),
  )
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'tune-prefork', version: settings.toolVersion },
    command: 'compare',
    base: sideOf(base),
    head: sideOf(head),
    margin: settings.margin,
    caveats: caveatsOf(base, head),
    subjects,
    budgets,
    gate: gateOf(budgets),
  }
}

/** Trials of one configuration at one load. */
interface Group {
  key: string
  server: ServerName | undefined
  connections: number
  first: Trial
  trials: Trial[]
}

interface Pair {
  key: string
  base: Group
  head: Group
}

function commonGroups(base: ResultDocument, head: ResultDocument, told: boolean): Pair[] {
  const ofBase = groupsOf(base, told)
  const pairs = groupsOf(head, told).flatMap((group) => {
    const partner = ofBase
      .filter(({ key, connections }) => key === group.key && isClose(connections, group.connections))
      .toSorted((a, b) => distance(a, group) - distance(b, group))[0]
    return partner === undefined ? [] : [{ key: keyWithLoad(group), base: partner, head: group }]
  })
  if (pairs.length > 0) return pairs
  const under = told ? 'the same server and load' : 'the same load'
  throw new TuneError(`the results have no configuration in common that both measured under ${under}`, {
    code: 'TUNE_E_NOTHING_IN_COMMON',
    exit: EXIT.usage,
    suggestions: [
      `Measure both with tune bench, the same lists${told ? ', servers' : ''} and the same --connections`,
    ],
  })
}

/**
 * Whether servers are told apart: where one of the two was measured under several, which run the same configurations, and where one runs
 * already, of which nobody tells a configuration. Else another server is a caveat.
 */
function isToldApart(...documents: ResultDocument[]): boolean {
  return documents.some(
    (document) =>
      document.app?.server === 'url' ||
      (document.command === 'bench' && (document.plan.servers ?? []).length > 1),
  )
}

/** The other server that both were measured under; absent where that differs, or is the bundled one. */
function commonServer(base: ResultDocument, head: ResultDocument): ServerName | undefined {
  return base.app?.server === head.app?.server ? head.app?.server : undefined
}

/** What served a trial; of several servers its target tells which. */
function serverOf(trial: Trial, document: ResultDocument): ServerName {
  const cells = document.command === 'bench' ? document.cells : []
  const own = cells.find((cell) => targetName(cell.workload, cell) === trial.target)
  return own?.server ?? document.app?.server ?? 'bundled'
}

function groupsOf(document: ResultDocument, told: boolean): Group[] {
  const groups = new Map<string, Group>()
  for (const trial of document.trials) {
    // Probes and sweeps vary the load on purpose; what they say of a configuration is no sample of it.
    if (!['race', 'confirmation', 'matrix'].includes(trial.phase)) continue
    const server = told ? serverOf(trial, document) : undefined
    const key = `${trial.workload ?? ''} ${hostKey({ server, configuration: trial.configuration })}`
    const { connections } = trial.load
    const group = groups.get(`${key} ${connections}`) ?? {
      key,
      server,
      connections,
      first: trial,
      trials: [],
    }
    group.trials.push(trial)
    groups.set(`${key} ${connections}`, group)
  }
  return [...groups.values()]
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= LOAD_TOLERANCE * Math.max(a, b)
}

function distance(a: Group, b: Group): number {
  return Math.abs(a.connections - b.connections)
}

function keyWithLoad({ key, connections }: Group): string {
  return `${key} ${connections}`
}

/** What the head recommends, or the best cell of each workload. */
function mainKeys(head: ResultDocument, told: boolean): Set<string> {
  const own = head.app?.server ?? 'bundled'
  if (head.command === 'bench') {
    const best = head.cells.filter((cell) => cell.best)
    return new Set(
      best.map(({ workload, server = own, configuration, load }) => {
        const host = hostKey({ server: told ? server : undefined, configuration })
        return `${head.app === null ? workload : workloadOf(head.trials, workload)} ${host} ${load.connections}`
      }),
    )
  }
  const answer = head.recommendation
  if (answer === null) return new Set()
  const host = hostKey({ server: told ? own : undefined, configuration: answer.configuration })
  return new Set([` ${host} ${answer.connections}`])
}

/** Trials of an app name its workload as its cells do, or not at all. */
function workloadOf(trials: readonly Trial[], workload: string): string {
  return trials.some((trial) => trial.workload === workload) ? workload : ''
}

function subjectOf(
  { base, head }: Pair,
  main: boolean,
  common: ServerName | undefined,
  margin: number,
): ComparedSubject {
  const { workload, configuration } = head.first
  // What others took from one of the two runs would be ascribed to the app.
  const crowded = [base, head].some(({ trials }) => isCrowded(trials))
  const metrics = COMPARED.map((metric): MetricComparison => {
    const [a, b] = [samplesOf(metric, base.trials), samplesOf(metric, head.trials)]
    const effect = unpairedEffect(a, b)
    return {
      metric,
      base: estimateOver(a),
      head: estimateOver(b),
      effect,
      verdict:
        effect === null || crowded ? 'inconclusive' : judgeRatio(effect, margin, METRICS[metric].favourable),
    }
  })
  const connections = { base: base.connections, head: head.connections }
  const { server = common } = head
  return { workload, ...(server === undefined ? {} : { server }), configuration, connections, main, metrics }
}

function budgetOf(budget: Budget, { base, head }: Pair): DecidedAlone {
  const { workload, configuration } = head.first
  const place = `${hostKey({ server: head.server, configuration })} at ${head.connections} ${plural(head.connections, 'client')}`
  const subject = workload === null ? place : `${workload}, ${place}`
  const figure = budget.againstBaseline
    ? changeOf(budget.metric, base.trials, head.trials)
    : figureOf(budget.metric, head.trials)
  const outcome = evaluateBudget(budget, subject, figure)
  return { outcome, pKept: pKeptByResults(budget, base.trials, head.trials) }
}

function pKeptByResults(budget: Budget, base: readonly Trial[], head: readonly Trial[]): number | null {
  const { metric, againstBaseline } = budget
  if (!againstBaseline || metric === 'errors.rate') return null
  const [a, b] = [samplesOf(metric, base), samplesOf(metric, head)]
  // Turned round, the ratio has the opposite sign.
  return pKeptOf(budget, (bound, mirrored) =>
    mirrored ? pUnpairedBelow(b, a, bound) : pUnpairedBelow(a, b, bound),
  )
}

/** The change as a share. A rate of errors has none: from nothing to something is no number of per cent. */
function changeOf(metric: Metric, base: readonly Trial[], head: readonly Trial[]): BudgetFigure | null {
  if (metric === 'errors.rate') return null
  const effect = unpairedEffect(samplesOf(metric, base), samplesOf(metric, head))
  return effect === null ? null : asChange(effect)
}

function sideOf({ name, app, startedAt, tool, machine }: ResultDocument): ComparedSide {
  return {
    name,
    app: app?.spec ?? null,
    startedAt,
    toolVersion: tool.version,
    nodeVersion: machine.nodeVersion,
  }
}

function noMain({ name }: ResultDocument): TuneError {
  return new TuneError(`budgets are decided on the answer of ${name}, which the base did not measure`, {
    code: 'TUNE_E_NOTHING_IN_COMMON',
    exit: EXIT.usage,
    suggestions: ['Measure both with tune bench and the same lists, so that every configuration is in both'],
  })
}
