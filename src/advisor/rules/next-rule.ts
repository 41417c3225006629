import { capacityOf, configurationKey, DEFAULT_THREAD_POOL, loopsOf } from '../../result/configuration.js'
import { wholeCores } from '../formulas.js'
import { slowEachOther } from '../../result/slowed.js'
import { FULL, SPARE } from '../saturation.js'
import { milliseconds, percent } from '../wording.js'
import { hasLargerPool, sharedLimitIn } from './app-rules.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import { bestRival } from './rivals.js'
import { computingLoops, type ServerTraits } from './server-traits.js'

type Limit = RuleContext['workload']['limitedBy']

/** Part of a loop's busy time that is CPU, from which on it computes, and does not wait. */
const COMPUTES = 0.7
/** Of the knee, which is no more exact than that. */
const ABOUT = 0.75

const TITLES: Record<RuleContext['action'], string> = {
  change: 'After this change',
  keep: 'Where to look, as the configuration is not the limit',
  inconclusive: 'Where to look, while the configuration is undecided',
}

/** Where settings end, something else begins. */
export function nextStep(context: RuleContext): KnownFinding {
  const { workload, action, cpuUse, server, recommended } = context
  const limit = limitOfAnswer(context)
  // One loop is what the probe had, and cannot have two limits.
  const isProbed = loopsOf(recommended) === 1 && recommended.threadPool === undefined
  const alone = limit === workload.limitedBy || isProbed ? '' : ` (one worker alone by ${workload.limitedBy})`
  const parts = [
    `limited by ${limit}${alone}`,
    ...(cpuUse === null ? [] : [`${percent(Math.min(1, cpuUse))} of the CPUs in use`]),
    `C ${milliseconds(workload.cpuMsPerRequest)}`,
    `W ${milliseconds(workload.waitMsPerRequest)}`,
  ]
  return {
    id: 'TUNE-NEXT',
    level: 'info',
    title: TITLES[action],
    observed: parts.join(', '),
    rule: `what ran out first under overload of one worker, and CPU where this configuration has a loop for each core or uses ${percent(FULL)} of them, or ${percent(SPARE)} where nothing ran out in one worker`,
    advice: hasLargerPool(context)
      ? LARGER_POOL
      : limit === 'downstream' && slowEachOther(workload)
        ? SLOWED
        : limit === 'downstream' && sharedLimitIn(context) !== null
          ? SHARED_LIMIT
          : adviceFor(limit, server, moreLoops(context)),
    evidence: 'measured',
    limitedBy: limit,
  }
}

const LARGER_POOL =
  "libuv's pool ran out in one worker, and this answer has made it larger. Analyze again with it as --current to see what runs out next."

const SHARED_LIMIT =
  'What the app calls runs out, for all workers together. Look at what it takes at a time, and at the slowest of its answers.'

const SLOWED =
  'Requests slow each other down. Find what they contend for (a lock, rows of a table, a service that answers many slower than few), and let fewer of them in at a time.'

/** One loop fills at most one core, so what limits one worker is not what limits as many as there are cores. */
function limitOfAnswer({ workload, machine, recommended, server, cpuUse }: RuleContext): Limit {
  const { limitedBy, cpuMsPerRequest: cpu, loopMsPerRequest: loop, kneeConcurrency: knee } = workload
  const cores = wholeCores(machine.effectiveCpus)
  // Whoever takes one request at a time has its loop idle while that one waits.
  const hasSlots = recommended.workerClass === 'async' || capacityOf(recommended) >= ABOUT * (knee ?? 0)
  const hasLoops = computingLoops(recommended, server) >= cores && cpu >= COMPUTES * loop && hasSlots
  const poolThreads = recommended.workers * (recommended.threadPool ?? DEFAULT_THREAD_POOL)
  const hasPools = server.language === 'node' && poolThreads >= cores
  const fillsCores =
    (cpuUse ?? 0) >= (limitedBy === 'nothing' ? SPARE : FULL) ||
    (limitedBy === 'event-loop' && hasLoops) ||
    (limitedBy === 'thread-pool' && hasPools)
  return fillsCores ? 'cpu' : limitedBy
}

/** What to do about loops that are full: more of them, unless that was measured and brought nothing. */
function moreLoops({ candidates, recommended }: RuleContext): string {
  const { workerClass, workers } = recommended
  const more = bestRival(candidates, (one) => one.workerClass === workerClass && one.workers > workers)
  if (more === null || more.stands === 'better' || more.stands === 'open') {
    return ', or add a worker while cores are free.'
  }
  return `. More workers were tried and ${more.stands === 'worse' ? 'were worse' : 'gain nothing'} (${configurationKey(more.configuration)}).`
}

function adviceFor(limit: Limit, { language }: ServerTraits, more: string): string {
  const isNode = language === 'node'
  const profiler = isNode ? 'node --cpu-prof' : language === 'python' ? 'py-spy record' : null
  const by = profiler === null ? '' : ` (${profiler})`
  switch (limit) {
    case 'cpu':
      return `CPU runs out. Profile one worker under load${by} and make the request cheaper, or add cores or machines.`
    case 'event-loop':
      return isNode
        ? `The event loop runs out. Profile what holds it (${profiler}; synchronous calls show as long frames)${more}`
        : `The worker runs out. Profile what holds it${by}${more}`
    case 'thread-pool':
      return isNode
        ? "The threads that compute outside of the event loop run out. If that is libuv's pool (crypto, zlib, files, DNS), raise UV_THREADPOOL_SIZE up to the cores, or do less in it; of worker threads of its own the app starts more."
        : `What computes beside the worker runs out. Profile it${by}${more}`
    case 'downstream':
      return `What the app calls runs out. Raise the pool (database, ${isNode ? 'HTTP agent maxSockets' : 'HTTP client'}) first, then look at the slowest query behind it.`
    case 'generator':
      return 'The load generator ran out first. Give it more processes (--generators) or a machine of its own, or measure a request that costs the app more.'
    case 'nothing':
      return 'Nothing ran out under the load that was tried. Waiting is what a request is made of: make what it waits for faster, or send more at a time.'
    case 'unknown':
      return 'What runs out is not known, as the trial under overload may not be believed: mend that first, its reason stands below.'
  }
}
