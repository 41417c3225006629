import type { Candidate } from '../../result/analysis.js'
import { configurationKey } from '../../result/configuration.js'
import type { AnalyzeDocument, BenchDocument, Cell, ResultDocument } from '../../result/document.js'
import type { Trial } from '../../result/trial.js'
import { formatCpus, formatInterval, formatLatency, formatRate } from '../format.js'
import { cellInWords, cellNote, matricesOf, trialsOf } from '../matrix.js'
import { orderCandidates } from '../order.js'
import { againstRule, expectation, headline, inWords, plural } from '../sentences.js'
import { outcomeWords, rejection } from '../verdicts.js'
import { renderSuite, type JunitCase } from './suite.js'

/**
 * junit.xml of one result. A result by itself knows no limit that it could break, so a case passes when its figure may be believed and
 * is skipped, with the reason, when it may not.
 */
export function renderJunit(document: ResultDocument): string {
  const { command, name, startedAt, durationSeconds, machine, seed, tool } = document
  return renderSuite({
    name: `tune ${command} ${document.app?.spec ?? name}`,
    startedAt,
    seconds: durationSeconds,
    properties: [
      ['tool', `${tool.name} ${tool.version}`],
      ['run', name],
      ['seed', String(seed)],
      ['effectiveCpus', formatCpus(machine.effectiveCpus)],
      ['memoryLimitBytes', String(machine.memoryLimitBytes)],
      ['cpuModel', machine.cpuModel],
      ['nodeVersion', machine.nodeVersion],
    ],
    cases: command === 'analyze' ? analyzeCases(document) : benchCases(document),
  })
}

function analyzeCases(document: AnalyzeDocument): JunitCase[] {
  return [
    recommendationCase(document),
    ...heuristicCase(document),
    ...orderCandidates(document.candidates).map((candidate) => candidateCase(candidate, document)),
  ]
}

function recommendationCase(document: AnalyzeDocument): JunitCase {
  const { recommendation, durationSeconds } = document
  const told = recommendation !== null && recommendation.action !== 'inconclusive'
  return {
    className: 'tune.analyze',
    name: 'recommendation',
    seconds: durationSeconds,
    outcome: told ? 'passed' : 'skipped',
    message: told ? '' : headline(document),
    output: recommendation === null ? '' : `${recommendation.command}: ${expectation(document)}`,
  }
}

function heuristicCase(document: AnalyzeDocument): JunitCase[] {
  const { heuristic } = document
  if (heuristic === null) return []
  const told = heuristic.verdict !== 'inconclusive'
  const sentence = againstRule(document)
  const name = 'recommendation against 2N+1'
  const outcome = told ? 'passed' : 'skipped'
  return [
    { className: 'tune.analyze', name, seconds: 0, outcome, message: told ? '' : sentence, output: sentence },
  ]
}

function candidateCase(candidate: Candidate, document: AnalyzeDocument): JunitCase {
  const { configuration, connections, throughputRps, latencyUs, outcome } = candidate
  const told = !['inconclusive', 'invalid', 'excluded'].includes(outcome)
  return {
    className: 'tune.analyze.candidates',
    name: `${inWords(configuration)} at ${connections} ${plural(connections, 'client')}`,
    seconds: secondsOf(document.trials.filter((one) => sameRun(one, configuration, connections))),
    outcome: told ? 'passed' : 'skipped',
    message: told ? '' : `${outcomeWords(candidate, document)}: ${rejection(candidate, document)}`,
    output: figuresOf({ throughputRps, latencyUs }, outcomeWords(candidate, document)),
  }
}

function benchCases(document: BenchDocument): JunitCase[] {
  return matricesOf(document).flatMap(({ name, cells }) =>
    cells.map((cell): JunitCase => {
      const { validTrials } = cell
      const own = trialsOf(cell, document.trials)
      return {
        className: `tune.bench.${name}`,
        name: cellInWords(cell),
        seconds: secondsOf(own),
        outcome: validTrials > 0 ? 'passed' : 'skipped',
        message: validTrials > 0 ? '' : cellNote(cell),
        output: figuresOf(cell, cellNote(cell)),
      }
    }),
  )
}

function sameRun(
  trial: Trial,
  configuration: Parameters<typeof configurationKey>[0],
  connections: number,
): boolean {
  return (
    trial.load.connections === connections &&
    configurationKey(trial.configuration) === configurationKey(configuration)
  )
}

/** Time under load. */
function secondsOf(trials: readonly Trial[]): number {
  return trials.reduce((sum, { windowSeconds }) => sum + windowSeconds, 0)
}

function figuresOf(
  { throughputRps, latencyUs }: Pick<Cell, 'throughputRps' | 'latencyUs'>,
  note: string,
): string {
  if (throughputRps === null) return note
  const { value, low, high } = throughputRps
  const interval = low === null || high === null ? '' : ` (95 % interval ${formatInterval(low, high)})`
  const rate = `${formatRate(value)} req/s${interval}`
  const latency = `p50 ${formatLatency(latencyUs.p50)}, p99 ${formatLatency(latencyUs.p99)}`
  return [rate, latency, note].filter((part) => part !== '').join(', ')
}
