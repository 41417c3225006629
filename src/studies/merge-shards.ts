import type { BenchDocument, Cell, ResultDocument } from '../result/document.js'
import { EXIT, TuneError } from '../result/error.js'

/**
 * Parts of one matrix that were measured apart, as one result: the same machine, tool, request, windows and blocks. Every workload has to come
 * from one part, because what was measured in different runs is not comparable within one table.
 *
 * @throws TuneError (usage) that says what differs
 */
export function mergeShards(documents: readonly ResultDocument[]): BenchDocument {
  const shards = documents.map((document) => {
    if (document.command === 'bench') return document
    throw refused(
      `${document.name} is a result of tune ${document.command}, and only parts of a bench can be merged`,
    )
  })
  const [first, ...others] = shards
  if (first === undefined) throw refused('there is nothing to merge')
  for (const other of others) refuseOtherPlan(first, other)
  const owners = new Map<string, string>()
  for (const { name, plan } of shards) {
    for (const workload of plan.workloads) {
      const owner = owners.get(workload.name)
      if (owner !== undefined) throw refused(`both ${owner} and ${name} measured ${workload.name}`)
      owners.set(workload.name, name)
    }
  }
  let nextId = 0
  return {
    ...first,
    name: shards.map(({ name }) => name).join('+'),
    startedAt: shards.map(({ startedAt }) => startedAt).toSorted()[0] ?? first.startedAt,
    durationSeconds: shards.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
    status: shards.some(({ status }) => status === 'interrupted') ? 'interrupted' : 'complete',
    warnings: [...new Set(shards.flatMap(({ warnings }) => warnings))],
    plan: { ...first.plan, workloads: shards.flatMap(({ plan }) => plan.workloads) },
    cells: shards.flatMap(({ cells }): Cell[] => cells),
    trials: shards.flatMap(({ trials }) => trials.map((trial) => ({ ...trial, id: nextId++ }))),
  }
}

function refuseOtherPlan(a: BenchDocument, b: BenchDocument): void {
  const facts = ({ machine, tool, request, plan, app }: BenchDocument): Record<string, string> => ({
    'effective CPUs': String(machine.effectiveCpus),
    CPU: machine.cpuModel,
    Node: machine.nodeVersion,
    'version of tune': tool.version,
    app: app?.spec ?? 'bundled workloads',
    request: `${request.method} ${request.path} ${request.body ?? ''}`,
    'window of a trial': `${plan.windowSeconds} s`,
    blocks: String(plan.blocks),
    matrix: JSON.stringify(plan.axes),
    servers: (plan.servers ?? []).join(','),
  })
  const [one, other] = [facts(a), facts(b)]
  const differing = Object.keys(one).filter((what) => one[what] !== other[what])
  if (differing.length === 0) return
  const told = differing.map((what) => `${what} (${one[what] ?? ''} and ${other[what] ?? ''})`.slice(0, 200))
  throw refused(`${a.name} and ${b.name} are no parts of one matrix: they differ in ${told.join(', ')}`)
}

function refused(message: string): TuneError {
  return new TuneError(message, {
    code: 'TUNE_E_SHARDS',
    exit: EXIT.usage,
    suggestions: [
      'Measure the parts with the same flags but --workloads: tune bench --matrix --workloads io --out part-1',
      'To set results against each other use tune compare; to see a series, tune report --trend <folder>',
    ],
  })
}
