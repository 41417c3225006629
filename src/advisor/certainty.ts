import type { MemoryModel, Model, Workload } from '../result/analysis.js'
import type { ConnectionSweep } from '../result/connection-sweep.js'
import type { Trial } from '../result/trial.js'
import { probeOf } from './probe-label.js'
import { mebibytes, milliseconds, number, percent } from './wording.js'

type Certainty = Model['certainty'][number]

/** Two ways to measure one figure agree when they are this close. */
const AGREE = 0.15
const ROUGHLY = 0.35
/** The issue of a knee: predicted from one connection, seen in the sweep. */
const KNEE_AGREES = 0.25
const FEW_REQUESTS = 100

/** How sure each figure of the model is, why, and what would make it surer. */
export function certaintyOf(
  workload: Workload,
  memory: MemoryModel,
  trials: readonly Trial[],
  sweep: ConnectionSweep | undefined,
): Certainty[] {
  const probe = probeOf(trials)
  const overload = trials.findLast(({ phase, validity }) => phase === 'saturation' && validity.ok)
  return [
    classCertainty(workload),
    cpuCertainty(workload, probe, overload),
    waitCertainty(workload, probe),
    kneeCertainty(workload, sweep),
    memoryCertainty(memory),
  ]
}

function classCertainty({ class: name, confidence, doubts = [] }: Workload): Certainty {
  return {
    figure: 'class',
    value: name,
    confidence,
    why: doubts[0]?.why.replace(/\.$/, '') ?? 'one connection and overload say the same',
    raise: [...new Set(doubts.map(({ raise }) => raise))].join('; '),
  }
}

function cpuCertainty(workload: Workload, probe?: Trial, overload?: Trial): Certainty {
  const [alone, loaded] = [probe, overload].map((trial) => trial?.server?.cpuSecondsPerRequest ?? null)
  const value = milliseconds(workload.cpuMsPerRequest)
  if (alone == null || loaded == null || alone === 0) {
    const why = 'measured in one way only'
    return { figure: 'C', value, confidence: 'medium', why, raise: 'a usable trial under overload' }
  }
  const apart = Math.abs(loaded / alone - 1)
  return {
    figure: 'C',
    value,
    confidence: apart <= AGREE ? 'high' : apart <= ROUGHLY ? 'medium' : 'low',
    why: `alone and under overload differ by ${percent(apart)}`,
    raise:
      apart <= AGREE ? '' : 'a longer probe: caches and compiled code settle, and cold requests weigh less',
  }
}

function waitCertainty(
  { waitMsPerRequest, confidence, cpuMsPerRequest }: Workload,
  probe?: Trial,
): Certainty {
  const requests = probe?.requests.done ?? 0
  const few = requests < FEW_REQUESTS
  return {
    figure: 'W',
    value: `${milliseconds(waitMsPerRequest)}, W/C ${number(cpuMsPerRequest === 0 ? 0 : waitMsPerRequest / cpuMsPerRequest)}`,
    confidence: few && confidence === 'high' ? 'medium' : confidence,
    why: `from ${requests} requests at one connection`,
    raise: few
      ? 'a longer probe'
      : confidence === 'high'
        ? ''
        : 'a quieter machine, and a load generator on another one',
  }
}

function kneeCertainty({ kneeConcurrency }: Workload, sweep?: ConnectionSweep): Certainty {
  const predicted = sweep?.kneePredicted ?? kneeConcurrency
  const measured = sweep?.kneeMeasured ?? null
  const value = predicted === null ? 'unknown' : number(predicted)
  const beyond = sweep?.kneeBeyond ?? null
  // It is that of the cores, until the answer is known, which need not fill them.
  const figure = sweep?.kneePredicted === undefined ? 'knee' : 'knee of the answer'
  if (predicted !== null && measured === null && beyond !== null)
    return { figure, ...kneeBeyond(predicted, beyond) }
  if (predicted === null || measured === null) {
    const why = 'predicted from one connection, and not seen in a sweep'
    return {
      figure,
      value,
      confidence: 'low',
      why,
      raise: 'a longer budget, so that connections are varied',
    }
  }
  const apart = Math.abs(predicted / measured - 1)
  const agrees = apart <= KNEE_AGREES
  return {
    figure,
    value,
    confidence: agrees ? 'high' : 'low',
    why: `the sweep of the answer shows ${number(measured)}, ${percent(apart)} off`,
    raise: agrees ? '' : 'a quieter machine; until then take the measured one',
  }
}

/** A bound can contradict the prediction, and cannot confirm it. */
function kneeBeyond(predicted: number, beyond: number): Omit<Certainty, 'figure'> {
  const contradicts = beyond > predicted * (1 + KNEE_AGREES)
  const still = `throughput still grew at ${number(beyond)} connections, where the sweep ended`
  return {
    value: number(predicted),
    confidence: contradicts ? 'low' : 'medium',
    why: contradicts ? `${still}, beyond the prediction` : `${still}; nothing contradicts the prediction`,
    raise: 'more clients than the sweep opens, from other machines',
  }
}

function memoryCertainty({ perWorkerBytes, evidence }: MemoryModel): Certainty {
  return {
    figure: 'memory of a worker',
    value: mebibytes(perWorkerBytes),
    confidence: evidence === 'rule of thumb' ? 'low' : 'medium',
    why:
      evidence === 'rule of thumb'
        ? 'the server does not tell its memory'
        : 'what it had after seconds of one kind of request',
    raise: 'hours of real traffic: heaps grow with what requests differ in',
  }
}
