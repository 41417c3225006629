import type { Recommendation, Verdict } from '../../result/analysis.js'
import type { AnalyzeDocument } from '../../result/document.js'
import { limitedBy } from '../limit.js'
import {
  certaintySentences,
  confirmationSentences,
  connectionSentences,
  constraintSentence,
  doubtSentences,
  modelSentences,
  predictionSentences,
  routeSentence,
  sweepPoints,
  whatIfSentences,
} from '../analysis-sentences.js'
import { orderCandidates } from '../order.js'
import { questionSentence } from '../question.js'
import {
  againstRule,
  evidence,
  expectation,
  headline,
  keptBecause,
  inWords,
  partialSentence,
  ruleLabel,
  workloadClass,
  workloadShares,
  workloadTimes,
} from '../sentences.js'
import { memorySentence } from '../memory-sentence.js'
import { isRejected, rejection } from '../verdicts.js'
import { candidateTable } from './candidates.js'
import { routeLines } from './routes.js'
import { createPaper, type Paper, type TerminalOptions, type Tint } from './paper.js'
import {
  closingLines,
  findingLines,
  joinSections,
  partialLines,
  reliabilityLines,
  warningLines,
} from './sections.js'

/** The rest of a long list stands in report.md. */
const SHOWN_REJECTED = 8
const SHOWN_PREDICTIONS = 5

/** The result of `tune analyze` for a terminal: the answer, then why, then everything that it rests on. */
export function renderAnalyzeTerminal(document: AnalyzeDocument, options: TerminalOptions): string {
  const paper = createPaper(options)
  return joinSections([
    answerLines(document, paper),
    workloadLines(document, paper),
    document.candidates.length === 0 ? partialLines(document, paper) : candidateTable(document, paper),
    rejectedLines(document, paper),
    connectionLines(document, paper),
    list('Model against measurement', modelLines(document), paper),
    list('On another machine', whatIfSentences(document), paper),
    document.heuristic === null ? [] : paper.field(ruleLabel(document), document.heuristic.explanation),
    findingLines(document.findings, paper),
    routeLines(document, paper),
    reliabilityLines(document, paper),
    warningLines(document, paper),
    closingLines(document, options, paper),
  ])
}

function answerLines(document: AnalyzeDocument, paper: Paper): string[] {
  const { recommendation, status } = document
  const partial = status === 'interrupted' ? paper.field('Partial', partialSentence(document), 'warn') : []
  if (recommendation === null) {
    const none =
      status === 'interrupted'
        ? 'none yet: the run ended before the candidates were compared'
        : 'none: see findings and warnings'
    return [...partial, ...paper.field('Recommendation', none)]
  }
  return [
    ...partial,
    ...commandLines(document, recommendation, paper),
    ...reasonLines(document, recommendation, paper),
  ]
}

/** `keep` and `inconclusive` are answers: they say so before any command. */
function commandLines(document: AnalyzeDocument, recommendation: Recommendation, paper: Paper): string[] {
  const { action, command } = recommendation
  if (action === 'change') return paper.command('Recommendation', command, 'good')
  if (action === 'keep') {
    return [
      ...paper.field('Recommendation', `${headline(document)}; ${keptBecause(document)}`, 'good'),
      ...paper.command('', command),
    ]
  }
  return [
    ...paper.field('Inconclusive', headline(document).replace('Inconclusive: ', ''), 'warn'),
    ...paper.command('Until then', command),
  ]
}

const VERDICT_TINTS: Record<Verdict, Tint> = {
  better: 'good',
  worse: 'bad',
  equivalent: 'plain',
  inconclusive: 'warn',
}

function reasonLines(document: AnalyzeDocument, recommendation: Recommendation, paper: Paper): string[] {
  const { heuristic, workload } = document
  const question = questionSentence(document)
  return [
    ...(question === null ? [] : paper.field('Asked for', question)),
    ...paper.field('Expected', expectation(document)),
    ...paper.field('Evidence', evidence(recommendation)),
    ...(heuristic === null
      ? []
      : paper.field('Against 2N+1', againstRule(document), VERDICT_TINTS[heuristic.verdict])),
    ...labelled('Confirmed', confirmationSentences(document), paper),
    ...(workload === null ? [] : paper.field('Limited by', limitedBy(workload, document))),
    ...labelled('Why', recommendation.reasons, paper),
  ]
}

/** The first few; report.md has every prediction. */
function modelLines(document: AnalyzeDocument): string[] {
  const predictions = predictionSentences(document)
  const more = predictions.length - SHOWN_PREDICTIONS
  return [
    ...predictions.slice(0, SHOWN_PREDICTIONS),
    ...(more > 0 ? [`and ${more} more in report.md`] : []),
    ...modelSentences(document),
    ...certaintySentences(document),
  ]
}

function list(heading: string, sentences: readonly string[], paper: Paper): string[] {
  if (sentences.length === 0) return []
  return [...paper.heading(heading), ...sentences.flatMap((sentence) => paper.item('- ', sentence, 2))]
}

/** The label beside the first of several sentences. */
function labelled(label: string, sentences: readonly string[], paper: Paper): string[] {
  return sentences.flatMap((sentence, index) => paper.field(index === 0 ? label : '', sentence))
}

function connectionLines(document: AnalyzeDocument, paper: Paper): string[] {
  const { connections } = document
  if (connections === undefined) return []
  const points = sweepPoints(connections)
  return [
    ...paper.heading('Connections'),
    ...connectionSentences(document).flatMap((sentence) => paper.item('- ', sentence, 2)),
    ...(points.length === 0 ? [] : paper.item('- ', `clients: ${points.join('; ')}`, 2)),
  ]
}

function workloadLines({ workload, memory, model }: AnalyzeDocument, paper: Paper): string[] {
  if (workload === null) return []
  return [
    ...paper.field('Workload', workloadClass(workload)),
    ...paper.field('', workloadTimes(workload)),
    ...paper.field('', workloadShares(workload)),
    ...labelled('Also', (workload.constraints ?? []).map(constraintSentence), paper),
    ...labelled('Not sure', doubtSentences(workload), paper),
    ...labelled('Of the mix', (workload.routes ?? []).map(routeSentence), paper),
    ...(memory === null ? [] : paper.field('Memory', memorySentence(memory, model?.leakBytesPerRequest))),
  ]
}

function rejectedLines(document: AnalyzeDocument, paper: Paper): string[] {
  const rejected = orderCandidates(document.candidates).filter(isRejected)
  if (rejected.length === 0) return []
  const more = rejected.length - SHOWN_REJECTED
  return [
    ...paper.heading('Not chosen'),
    ...rejected
      .slice(0, SHOWN_REJECTED)
      .flatMap((candidate) =>
        paper.item('- ', `${inWords(candidate.configuration)}: ${rejection(candidate, document)}`, 2),
      ),
    ...(more > 0 ? paper.item('- ', `and ${more} more in report.md`, 2) : []),
  ]
}
