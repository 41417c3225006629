import type { AnalyzeDocument, BenchDocument, ResultDocument } from '../result/document.js'
import { formatDuration } from './format.js'
import { plural } from './sentences.js'
import { requestText } from '../result/request.js'

/** How the figures of every run are won. */
export const METHOD =
  'Servers stay up while trials of all of them alternate in blocks of random order, so that drift of the machine ' +
  'meets every one alike. Comparisons are paired within blocks; intervals are 95 %. A percentile is shown only when ' +
  'the sample can carry it. A trial that fails a check of its own figures is listed with the reason and feeds nothing.'

/** What was measured, how often and with which seed. */
export function planSentence(document: ResultDocument): string {
  return document.command === 'analyze' ? analyzePlan(document) : benchPlan(document)
}

function analyzePlan({ plan, app, request, seed }: AnalyzeDocument): string {
  const loader = [app.kind, app.loader].filter((part) => part !== null).join(', ')
  const what = `${app.spec}${loader === '' ? '' : ` (${loader})`}`
  const window = plan.windowSeconds === null ? '' : ` of trials of ${plan.windowSeconds} s`
  return (
    `${what}, ${requestText(request)}: ${plan.blocks} ` +
    `${plural(plan.blocks, 'block')}${window}, budget ${formatDuration(plan.budgetSeconds)}, seed ${seed}.`
  )
}

function benchPlan({ plan, seed }: BenchDocument): string {
  const blocks = `${plan.blocks} ${plural(plan.blocks, 'block')} of trials of ${plan.windowSeconds} s`
  if (plan.repeats === undefined) return `${blocks}, seed ${seed}.`
  return `${plan.repeats} starts of the servers, ${blocks} each, intervals over starts, seed ${seed}.`
}
