// Verdicts of real runs: identical servers must not be told apart, a handler that does 10 % more work must be found.
// node benchmarks/load/aa.js [--slower 10] [--runs 1] [--blocks 40] [--append results.jsonl]
// Each run boots fresh servers and is the race of `tune analyze`: its blocks, its A/A pair, its verdict.
import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare } from '../../dist/experiment/compare.js'
import { keptUp } from '../../dist/experiment/hosting.js'
import { assessNoise } from '../../dist/experiment/noise.js'
import { twinLabel } from '../../dist/experiment/plan.js'
import { race } from '../../dist/experiment/race.js'
import { createRandom } from '../../dist/experiment/random.js'
import { pairedLogRatios } from '../../dist/experiment/samples.js'
import { trialNumbers } from '../../dist/experiment/trial-runner.js'
import { createLoadGenerator } from '../../dist/load/index.js'
import { environmentReader } from '../../dist/profiles/machine/index.js'
import { bundledTarget } from '../../dist/targets/index.js'

const { values: options } = parseArgs({
  options: {
    slower: { type: 'string', default: '0' },
    runs: { type: 'string', default: '1' },
    blocks: { type: 'string', default: '40' },
    append: { type: 'string' },
  },
})
const SLOWER = Number(options.slower) / 100
const ROUNDS = 2000
const MARGIN = 0.03
const APP = fileURLToPath(new URL('apps/work.mjs', import.meta.url))
const CONFIGURATION = { workerClass: 'async', workers: 1, threads: 1, workerConnections: 1000 }

const clock = { monotonicMs: () => performance.now(), wallClock: () => new Date() }
const { signal } = new AbortController()

async function oneRun(seed) {
  const generator = createLoadGenerator()
  const work = { base: ROUNDS, head: Math.round(ROUNDS * (1 + SLOWER)) }
  const running = {}
  const startMs = performance.now()
  try {
    for (const [label, rounds] of Object.entries(work)) {
      const env = { WORK: String(rounds) }
      const given = { label, workload: null, configuration: CONFIGURATION, app: APP, cwd: process.cwd(), env }
      running[label] = await bundledTarget(given).start(signal)
    }
    const contenders = Object.keys(work).map((label) => ({
      ...{ label, target: label, workload: null, configuration: CONFIGURATION, use: keptUp(running[label]) },
      ...{ connections: 4, rampSeconds: 0.15, control: true },
    }))
    const outcome = await race(
      {
        ...{
          phase: 'race',
          contenders,
          twinOf: 'base',
          request: { method: 'GET', path: '/', headers: {}, body: null },
        },
        ...{ windowSeconds: 0.6, timeoutSeconds: 10, warmUpSeconds: 0.7, margin: MARGIN },
        ...{ minBlocks: 6, maxBlocks: Number(options.blocks), deadlineMs: Infinity },
      },
      {
        ...{ generator, clock, readEnvironment: environmentReader(), random: createRandom(seed) },
        ...{ nextId: trialNumbers(), onStart: () => undefined, onTrial: () => undefined },
      },
      signal,
    )
    const of = (label) => outcome.trials.get(label) ?? []
    const noise = assessNoise(pairedLogRatios(of(twinLabel('base')), of('base')), [], MARGIN)
    const comparison = compare(pairedLogRatios(of('head'), of('base')), noise.margin)
    const trials = [...outcome.trials.values()].flat()
    return {
      ...{
        seed,
        slower: SLOWER,
        verdict: comparison?.verdict,
        effect: comparison?.effect,
        floor: noise.floor,
      },
      ...{ blocks: outcome.blocks, stoppedBy: outcome.stoppedBy, blocksToDecide: comparison?.blocksToDecide },
      ...{ trials: trials.length, invalid: trials.filter(({ validity }) => !validity.ok).length },
      ...{
        busyNeighbours: trials.filter(({ validity }) =>
          validity.warnings.some(({ id }) => id === 'busy-neighbours'),
        ).length,
      },
      seconds: Math.round((performance.now() - startMs) / 1000),
    }
  } finally {
    await generator.stop()
    await Promise.all(Object.values(running).map((target) => target.stop()))
  }
}

for (let run = 0; run < Number(options.runs); run++) {
  const line = JSON.stringify(await oneRun(Math.floor(Math.random() * 2 ** 32)))
  console.log(line)
  if (options.append) appendFileSync(options.append, `${line}\n`)
}
