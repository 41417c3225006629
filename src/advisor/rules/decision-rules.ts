import type { Candidate, Finding } from '../../result/analysis.js'
import type { Configuration } from '../../result/configuration.js'
import { decisionTableClass } from '../decision-table.js'
import { wholeCores } from '../formulas.js'
import { heuristicWorkers } from '../heuristic.js'
import { workersHeld } from '../memory.js'
import { changeWithInterval, inWords, mebibytes, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import { bestRival } from './rivals.js'
import { computingLoops } from './server-traits.js'

/** How a rule of the decision table that fires stands to what was measured. */
interface Standing {
  level: Finding['level']
  sentence: string
}

/**
 * The best of those that keep to the rule against the best of those that do not, one of which is recommended.
 *
 * @param start where the rule says to begin, for a run that decided nothing
 */
function standing(
  { workload, recommended, action, candidates, measure, openLoad, observed: { failing } }: RuleContext,
  keepsTo: (configuration: Configuration) => boolean,
  start: string,
): Standing {
  if (action === 'inconclusive') {
    if (failing !== null && keepsTo(failing.configuration)) {
      const sentence =
        'Fires, but what keeps to it let requests fail under load, which comes first (TUNE-APP-FAILS).'
      return { level: 'info', sentence }
    }
    const sentence =
      workload.confidence === 'low'
        ? `Would fire, and make ${start} the place to start, but what the app is has low confidence, and this run could not tell.`
        : `Fires, so ${start} is the place to start; this run could not tell.`
    return { level: 'info', sentence }
  }
  const keeps = keepsTo(recommended)
  const rival = bestRival(candidates, (one) => keepsTo(one) !== keeps)
  if (rival === null) {
    const others = candidates.filter(({ configuration }) => keepsTo(configuration) !== keeps)
    const why = whyOut(others)
    if (why !== null) {
      const { isMissed, sentence } = why
      return keeps
        ? {
            level: 'ok',
            sentence: `Fires, and the answer keeps to it: what is on the other side ${sentence}.`,
          }
        : { level: isMissed ? 'warn' : 'info', sentence: `Fires, but what follows the rule ${sentence}.` }
    }
    // Where rates were searched, closed load says nothing of who keeps the objective.
    if (keeps) {
      const else_ = openLoad
        ? 'nothing on the other side was searched for its rate'
        : 'nothing else was measured against it'
      return { level: 'ok', sentence: `Fires, and the answer keeps to it; ${else_}.` }
    }
    const missing = openLoad ? 'was searched for its rate' : 'was measured'
    return { level: 'info', sentence: `Fires, but nothing that keeps to it ${missing}.` }
  }
  const { stands, effect } = rival
  const [other, answer] = [inWords(rival.configuration), inWords(recommended)]
  const measured = `${other} measured ${changeWithInterval(effect)} ${measure} against ${answer}`
  if (keeps) {
    return stands === 'better'
      ? { level: 'warn', sentence: `Fires, but ${measured}.` }
      : { level: 'ok', sentence: `Fires, and the answer keeps to it: ${measured}.` }
  }
  switch (stands) {
    case 'worse':
      return { level: 'warn', sentence: `Fires, but ${measured}.` }
    case 'equal':
      return {
        level: 'info',
        sentence: `Fires, but ${other} measured as equal to ${answer}: ${changeWithInterval(effect)} ${measure}.`,
      }
    case 'better':
      return { level: 'ok', sentence: `Fires; ${measured}, but the answer is enough, or costs less.` }
    case 'open':
      return { level: 'info', sentence: `Fires; ${measured}, and this run could not tell.` }
  }
}

/** Why none of those that were measured is an answer, in words that follow `what …`; `null` where another reason is theirs. */
function whyOut(others: readonly Candidate[]): { isMissed: boolean; sentence: string } | null {
  // Of one that keeps an objective at no rate there is no effect.
  const isMissed = others.some(
    ({ effect, throughputRps, outcome }) => effect === null && throughputRps !== null && outcome === 'worse',
  )
  const isLarge = others.some(({ outcome }) => outcome === 'too-large')
  const reasons = [
    ...(isMissed ? ['does not keep the objective'] : []),
    ...(isLarge ? ['takes more memory than may be used'] : []),
  ]
  return reasons.length === 0 ? null : { isMissed, sentence: reasons.join(', or ') }
}

const BLOCKED =
  'The waiting blocks the event loop, so async cannot use it. Replace the blocking call by its asynchronous form, or give each wait a worker or thread.'

export function ruleIo(context: RuleContext): KnownFinding {
  const { workload } = context
  const blocking = workload.class === 'blocking-io'
  // The same line as the heuristic draws, or the report would contradict itself: a mixed app whose loop is mostly free counts as I/O.
  const fires = blocking || decisionTableClass(workload) === 'async'
  const { waitMsPerRequest: wait, residenceMsPerRequest: residence } = workload
  const waits = residence === 0 ? 0 : Math.min(1, wait / residence)
  const { level, sentence }: Standing = fires
    ? standing(context, ({ workerClass }) => workerClass === 'async', 'async')
    : {
        level: 'info',
        sentence: `Does not fire: a request waits ${percent(waits)} of its time, and the loop is busy for ${percent(workload.loopShare)}.`,
      }
  return {
    id: 'TUNE-RULE-IO',
    level,
    title: 'I/O-bound: use the async class',
    observed: `waits ${number(wait)} ms of ${number(residence)} ms, event loop busy ${percent(workload.loopShare)}`,
    rule: 'fires when a request mostly waits and the event loop is free for at least half of the time, or blocked by waiting',
    advice: blocking ? `${sentence} ${BLOCKED}` : sentence,
    evidence: 'measured',
  }
}

export function ruleCpu(context: RuleContext): KnownFinding {
  const { workload, machine, server } = context
  const fires = workload.class === 'cpu' || workload.class === 'offloop-cpu'
  const cores = wholeCores(machine.effectiveCpus)
  const { level, sentence }: Standing = fires
    ? standing(context, (configuration) => computingLoops(configuration, server) <= cores, String(cores))
    : {
        level: 'info',
        sentence: `Does not fire: CPU is ${percent(workload.cpuShare)} of the response time.`,
      }
  return {
    id: 'TUNE-RULE-CPU',
    level,
    title: 'CPU-bound: workers up to the number of cores',
    observed: `CPU ${percent(workload.cpuShare)} of the response time${workload.cpuShare >= 1.005 ? ' (on several threads)' : ''}, ${number(machine.effectiveCpus)} effective cores`,
    rule: `fires when a request mostly computes; workers${server.language === 'node' ? ' x threads' : ''} <= ${cores}`,
    advice: sentence,
    evidence: 'measured',
  }
}

/** Of a process: a thread that costs so much is no way out where memory is short. */
const HARDLY_LESS = 0.7

export function ruleMemory({
  memory,
  memoryBudget,
  machine,
  server,
  observed: { leak },
}: RuleContext): KnownFinding {
  const cores = wholeCores(machine.effectiveCpus)
  const held = workersHeld(memory, memoryBudget.bytes)
  const workers = held === 0 ? 'no worker' : `${held} ${held === 1 ? 'worker' : 'workers'}`
  const fires = held < cores
  const share = memory.perThreadBytes / memory.perWorkerBytes
  const ratio = percent(share)
  const guessed = memory.perThreadEvidence === 'rule of thumb' ? ', by rule of thumb' : ''
  return {
    id: 'TUNE-RULE-MEM',
    level: fires ? 'warn' : 'info',
    title: 'Memory-bound: threads before processes',
    observed: `memory holds ${workers} of ${mebibytes(memory.perWorkerBytes)}; a thread costs ${mebibytes(memory.perThreadBytes)}${guessed}`,
    rule: `fires when memory holds fewer workers than there are cores (${cores})`,
    advice: fires
      ? server.language === 'node'
        ? `Fires${share < HARDLY_LESS ? '' : ', but threads save hardly anything here'}. In Node a thread still costs ${ratio} of a process${guessed}, because it has a heap of its own and loads the app again.`
        : `Fires. A thread costs ${ratio} of a process${guessed}.`
      : `Does not fire: memory holds ${workers} of ${mebibytes(memory.perWorkerBytes)}${leak === null ? '' : ' before their leak fills it'}, and ${cores} fill the cores.`,
    evidence: memory.evidence,
  }
}

export function ruleDefault({ workload, machine, action }: RuleContext): KnownFinding {
  const isUnknown = workload.confidence === 'low'
  const fires = isUnknown && action === 'inconclusive'
  const workers = heuristicWorkers(machine.effectiveCpus)
  return {
    id: 'TUNE-RULE-DEFAULT',
    level: 'info',
    title: `Nothing known: 2N+1 = ${workers} workers`,
    observed: `class ${workload.class}, confidence ${workload.confidence}`,
    rule: 'fires when neither the nature of the work nor what is best is known',
    advice: fires
      ? `Fires until a quieter or longer run says more: ${workers} workers are a fair start.`
      : isUnknown
        ? `Does not fire: what the app is has low confidence, but configurations were measured against each other.`
        : `Does not fire: measured as ${workload.class}, ${workload.confidence} confidence.`,
    evidence: 'rule of thumb',
  }
}
