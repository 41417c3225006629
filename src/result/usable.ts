import type { Trial } from './trial.js'

/** A run of which most trials are invalid: what spoiled them, and what to change. */
export interface Unusable {
  trials: number
  invalid: number
  /** Ids of reasons, most frequent first. */
  reasons: string[]
  /** One sentence for each reason. */
  advice: string[]
}

/** Single configurations may fail; when most trials do, it is the run. */
const MOST_INVALID = 0.5

/** What to change, for every reason of experiment/validity.ts. */
export const ADVICE: Readonly<Record<string, string>> = {
  'no-responses': 'Start the app with tune serve and try the request by hand: nothing was answered',
  'too-few-requests': 'Measure longer windows: --duration of tune bench, --budget of tune analyze',
  account: 'Report this as a fault of tune, with trials.jsonl',
  'ports-exhausted': 'Allow net.ipv4.tcp_tw_reuse or widen net.ipv4.ip_local_port_range: local ports ran out',
  'descriptor-limit': 'Raise the limit of open files (ulimit -n), or use fewer connections',
  errors: 'Read the log of the app: connections were refused or reset',
  timeouts: 'Use fewer connections: requests waited longer than the timeout',
  lost: 'Read the log of the app: it hung up before it answered',
  unfinished: 'Use fewer connections or longer windows: some clients were never served',
  'non-2xx': 'Name a request that answers 2xx, with --path, --method, --header and --body',
  'unexpected-answers':
    'Look at the errors by request, and try that request by hand: its answers are not the expected ones',
  'littles-law': 'Report this as a fault of tune, with trials.jsonl',
  'not-steady': 'Measure longer windows, and see whether the app slows down as it runs',
  'generator-saturated':
    'Use a machine with more cores, or a request that costs the app more: the load generator was the limit',
  'crowded-worker': 'Open more connections (--connections), so that every worker gets its share',
  'worker-restart': 'Read the log of the app: workers died, or were replaced, while it was measured',
}

/**
 * `null` while at least half of the trials that are compared (those of blocks) may be believed, or none was made. Beyond that
 * what is left over is a selection, and no verdict should rest on it.
 */
export function judgeRun(trials: readonly Trial[]): Unusable | null {
  const compared = trials.filter(({ block }) => block !== null)
  const invalid = compared.filter(({ validity }) => !validity.ok)
  if (compared.length === 0 || invalid.length <= MOST_INVALID * compared.length) return null
  const counts = new Map<string, number>()
  for (const id of invalid.flatMap(({ validity }) => causes(validity.reasons.map((reason) => reason.id)))) {
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const reasons = [...counts].toSorted(([, a], [, b]) => b - a).map(([id]) => id)
  const advice = [...new Set(reasons.flatMap((id) => fewFailures(id, invalid) ?? ADVICE[id] ?? []))]
  return { trials: compared.length, invalid: invalid.length, reasons, advice }
}

/** A request of which this part is answered well is the right one: something goes wrong with some of its answers. */
const MOSTLY_WELL = 0.5

/** The advice for a reason that spoils trials of a request that is mostly answered well; `null` where that is not so. */
function fewFailures(id: string, invalid: readonly Trial[]): string | null {
  if (id !== 'non-2xx' && id !== 'unexpected-answers') return null
  const spoiled = invalid.filter(({ validity }) => validity.reasons.some((reason) => reason.id === id))
  const tolerated = spoiled[0]?.validity.reasons.find((reason) => reason.id === id)?.limit ?? 0
  const of = sum(spoiled.map(({ requests }) => requests.done))
  const failed = sum(
    spoiled.map(({ requests }) => (id === 'non-2xx' ? requests.non2xx : (requests.unexpected ?? 0))),
  )
  if (failed > (1 - MOSTLY_WELL) * of) return null
  const what = id === 'non-2xx' ? 'had a status other than 2xx' : 'were not the expected ones'
  const codes = new Set(spoiled.flatMap(({ statusCounts }) => Object.keys(statusCounts)))
  const others = [...codes].filter((code) => !/^2\d\d$/.test(code))
  const seen = id === 'non-2xx' && others.length > 0 ? ` (${others.join(', ')})` : ''
  return (
    `Look at the answers that fail, in the log of the app or by hand: ${failed} of ${of} ${what}${seen}, ` +
    `${inPercent(failed / of)} where ${inPercent(tolerated)} is tolerated`
  )
}

/** Two digits: what is tolerated is a tenth of a per cent. */
function inPercent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Where workers died, whatever else went wrong came of it. */
function causes(ids: readonly string[]): readonly string[] {
  return ids.includes('worker-restart') ? ['worker-restart'] : ids
}

/** `40 of the 60 trials that are compared may not be believed (errors, lost), so nothing is concluded from the rest`. */
export function unusableSentence({ trials, invalid, reasons }: Unusable): string {
  return `${invalid} of the ${trials} trials that are compared may not be believed (${reasons.join(', ')}), so nothing is concluded from the rest`
}
