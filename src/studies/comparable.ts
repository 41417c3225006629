import type { ResultDocument } from '../result/document.js'
import { EXIT, TuneError } from '../result/error.js'
import type { Trial } from '../result/trial.js'

/** A difference of machines cannot be told from one of the app; this one is refused unless asked for. */
export function refuseOtherMachine(base: ResultDocument, head: ResultDocument): void {
  const differences = machineDifferences(base, head)
  if (differences.length === 0) return
  throw new TuneError(`the results are from different machines: ${differences.join('; ')}`, {
    code: 'TUNE_E_OTHER_MACHINE',
    exit: EXIT.usage,
    suggestions: [
      'Measure both on one machine, best in one run',
      'Or compare all the same with --other-machine, and blame nothing on the app',
    ],
  })
}

function machineDifferences(base: ResultDocument, head: ResultDocument): string[] {
  const [a, b] = [base.machine, head.machine]
  return [
    ...difference('effective CPUs', a.effectiveCpus, b.effectiveCpus),
    ...difference('CPU', a.cpuModel, b.cpuModel),
    ...difference('platform', a.platform, b.platform),
  ]
}

/** Everything beside the app that differs, and so may be the reason of a difference. */
export function caveatsOf(base: ResultDocument, head: ResultDocument): string[] {
  const [a, b] = [base.machine, head.machine]
  const differences = [
    ...machineDifferences(base, head),
    ...difference('Node', a.nodeVersion, b.nodeVersion),
    ...difference('kernel', a.kernel, b.kernel),
    ...difference('memory limit', a.memoryLimitBytes, b.memoryLimitBytes),
    ...difference('tune', base.tool.version, head.tool.version),
    ...difference('app', base.app?.spec ?? 'bundled workloads', head.app?.spec ?? 'bundled workloads'),
    ...difference('server', serversOf(base).join(', '), serversOf(head).join(', ')),
    ...difference('window of a trial', `${base.plan.windowSeconds} s`, `${head.plan.windowSeconds} s`),
  ]
  return [
    'Two runs at different times: whatever else changed on the machine between them is in the differences too. Versions that are measured in turn within one run can be told apart far more finely.',
    ...differences.map((text) => `Differs: ${text}`),
    ...[base, head]
      .filter(({ trials }) => isCrowded(trials.filter(({ block }) => block !== null)))
      .map(({ name }) => `${name} was measured beside others who took the CPUs: it supports no verdict`),
    ...[base, head]
      .filter(({ status }) => status === 'interrupted')
      .map(({ name }) => `${name} was interrupted: its figures are those known by then`),
  ]
}

/** What served, as a user names it. */
function serversOf(document: ResultDocument): string[] {
  const several = document.command === 'bench' ? (document.plan.servers ?? []) : []
  const names = several.length > 1 ? several : [document.app?.server ?? 'bundled']
  return names.map((name) => (name === 'bundled' ? 'tune serve' : name)).sort()
}

type Question = Pick<ResultDocument, 'command' | 'request'>

const BY_OTHERS = new Set(['cpu-steal', 'busy-neighbours', 'cpu-throttled'])

/** Did others take the CPUs during most of these trials? Two runs at different times do not share that, as trials of one run do. */
export function isCrowded(trials: readonly Trial[]): boolean {
  const disturbed = trials.filter(({ validity }) => validity.warnings.some(({ id }) => BY_OTHERS.has(id)))
  return disturbed.length * 2 > trials.length
}

/** Another request is another question. */
export function refuseOtherQuestion(base: Question, head: Question): void {
  const differences = [
    ...difference('command', base.command, head.command),
    ...difference('method', base.request.method, head.request.method),
    ...difference('path', base.request.path, head.request.path),
    ...difference('body', base.request.body ?? '', head.request.body ?? ''),
    ...difference('mix', mixText(base), mixText(head)),
  ]
  if (differences.length === 0) return
  throw new TuneError(`the results answer different questions: ${differences.join('; ')}`, {
    code: 'TUNE_E_OTHER_QUESTION',
    exit: EXIT.usage,
    suggestions: ['Compare two results of one command with one request'],
  })
}

/** The order of a mix follows its seed, and is no other question. */
function mixText({ request: { mix } }: Question): string {
  return mix === undefined ? '' : JSON.stringify(mix.routes)
}

function difference(what: string, a: string | number, b: string | number): string[] {
  const short = (value: string | number): string => String(value).slice(0, 80)
  return a === b ? [] : [`${what} ${short(a)} and ${short(b)}`]
}
