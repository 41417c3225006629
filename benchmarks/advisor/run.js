// Is the recommendation right? For apps of known nature: tune analyze, then every configuration of a grid with the same
// engine, and how far the recommendation is below the best of them.
//
//   npm run build
//   node benchmarks/advisor/run.js analyze|exhaustive|repeat <app> …   one app after the other
//   node benchmarks/advisor/run.js table                                writes results.md from results/*.json
import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { compare } from '../../dist/experiment/compare.js'
import { keptUp } from '../../dist/experiment/hosting.js'
import { race } from '../../dist/experiment/race.js'
import { createRandom } from '../../dist/experiment/random.js'
import { meanLogThroughput, pairedLogRatios } from '../../dist/experiment/samples.js'
import { planRaceLoad, rampSeconds } from '../../dist/advisor/load-plan.js'
import { configurationBytes, memoryBudget } from '../../dist/advisor/memory.js'
import { createLoadGenerator } from '../../dist/load/index.js'
import { detectMachine, environmentReader } from '../../dist/profiles/machine/index.js'
import { calibrate } from '../../dist/profiles/workloads/index.js'
import { capacityOf, configurationKey } from '../../dist/result/configuration.js'
import { analyze } from '../../dist/studies/analyze.js'
import { serverUnderStudy } from '../../dist/studies/servers.js'
import { APPS } from './apps.js'
import { writeTable } from './table.js'

const BUDGET_SECONDS = 90
/** For the trials of the grid, once its servers are up. */
const EXHAUSTIVE_SECONDS = 130
/** In the grid: a cell that needs longer for an answer is not the best one, and waiting for it would take the time of all others. */
const HOPELESS_SECONDS = 2
const BLOCKS = { least: 6, most: 10 }
const REQUEST = { method: 'GET', path: '/', headers: {}, body: null }
const FOLDER = fileURLToPath(new URL('results/', import.meta.url))
const clock = { monotonicMs: () => performance.now(), wallClock: () => new Date() }
const never = new AbortController().signal

const file = (name) => `${FOLDER}${name}.json`
const read = (name) => (existsSync(file(name)) ? JSON.parse(readFileSync(file(name), 'utf8')) : {})
const save = (name, part) => {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(file(name), `${JSON.stringify({ ...read(name), ...part }, null, 2)}\n`)
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null

/** How busy the machine was beside us. */
const busyness = (trials) => ({
  loadAverage: Number(loadavg()[0].toFixed(1)),
  foreignCores: median(
    trials.map(({ environment }) => environment?.foreignCores ?? null).filter((one) => one !== null),
  ),
})

async function prepare(app) {
  const machine = await detectMachine(app.machine ?? {})
  const { server = 'bundled', cwd = process.cwd(), environment } = app
  const env = { ...calibrate(), ...environment }
  const request = { ...REQUEST, path: app.request ?? '/' }
  const context = { app: app.path, cwd, env, request }
  return { machine, request, server: serverUnderStudy(server, context) }
}

async function runAnalyze(app, seed = 7) {
  const { machine, request, server } = await prepare(app)
  const generator = createLoadGenerator()
  const silent = () => undefined
  const progress = { phase: silent, trialStarted: silent, trialFinished: silent, note: silent }
  const tools = {
    toolVersion: '0',
    machine,
    generator,
    clock,
    readEnvironment: environmentReader(),
    progress,
    saveTrial: silent,
  }
  const settings = { name: app.name, app: app.path, request, server, budgetSeconds: BUDGET_SECONDS, seed }
  try {
    return await analyze(settings, server.makeTarget, tools, never)
  } finally {
    await generator.stop()
  }
}

function summaryOf(document) {
  const { workload, recommendation, heuristic, connections, candidates, memory, confirmation } = document
  return {
    class: workload.class,
    confidence: workload.confidence,
    workload,
    memory,
    action: recommendation.action,
    // Of an answer that could not decide, what it would keep meanwhile counts.
    configuration: recommendation.configuration,
    throughputRps: recommendation.expected.throughputRps,
    rule: heuristic.configuration,
    ruleVerdict: heuristic.verdict,
    ruleEffect: heuristic.effect,
    confirmed: confirmation?.blocks ?? 0,
    kneePredicted: workload.kneeConcurrency,
    kneeMeasured: connections?.kneeMeasured ?? null,
    candidates: candidates.filter(({ outcome }) => outcome !== 'excluded').length,
    trials: document.trials.length,
    invalid: document.trials.filter(({ validity }) => !validity.ok).length,
    seconds: document.durationSeconds,
    load: document.plan.connections,
    ...busyness(document.trials),
  }
}

/** Everything one would try by hand on N cores: three classes, workers and threads around N, 2N+1 and beyond. */
function gridFor(effectiveCpus, recommended, rule) {
  const N = Math.max(1, Math.round(effectiveCpus))
  const make = (workerClass, workers, threads = 1) => ({
    workerClass,
    workers,
    threads,
    workerConnections: 1000,
  })
  const shapes = [
    ...[N, 2 * N + 1, 4 * N, 8 * N].map((workers) => make('sync', workers)),
    ...[
      [N, 2],
      [N, 4],
      [N, 8],
      [N, 16],
    ].map(([workers, threads]) => make('threaded', workers, threads)),
    ...[1, N, 2 * N + 1, 4 * N + 2].map((workers) => make('async', workers)),
    recommended,
    rule,
  ]
  return [...new Map(shapes.map((shape) => [configurationKey(shape), shape])).values()]
}

async function runExhaustive(app) {
  const { analyze: analysis } = read(app.name)
  if (analysis === undefined) throw new Error(`analyze ${app.name} first`)
  const { machine, request, server } = await prepare(app)
  const recommendedKey = configurationKey(analysis.configuration)
  const budget = memoryBudget(machine)
  const grid = gridFor(machine.effectiveCpus, analysis.configuration, analysis.rule).filter(
    (one) => server.supports(one) && configurationBytes(one, analysis.memory) <= budget,
  )
  const { effectiveCpus } = machine
  const load = planRaceLoad(grid, analysis.workload, effectiveCpus, machine.openFilesLimit)
  // The load under which the recommendation was made: another one may have another best.
  const connections = analysis.load
  const generator = createLoadGenerator()
  const running = []
  try {
    const contenders = []
    for (const configuration of grid) {
      const label = configurationKey(configuration)
      const started = await server.makeTarget(configuration, label).start(never)
      running.push(started)
      const ramp = rampSeconds(configuration, analysis.workload, effectiveCpus, connections)
      contenders.push({
        ...{ label, target: label, workload: null, configuration, use: keptUp(started), connections },
        ...{ rampSeconds: ramp, control: label === recommendedKey },
      })
    }
    let id = 0
    const startMs = performance.now()
    const plan = {
      ...{ phase: 'matrix', contenders, twinOf: null, request, warmUpSeconds: 0.4, margin: 0.03 },
      ...{ windowSeconds: Math.min(1, load.windowSeconds), timeoutSeconds: HOPELESS_SECONDS },
      ...{ minBlocks: BLOCKS.least, maxBlocks: BLOCKS.most, deadlineMs: startMs + EXHAUSTIVE_SECONDS * 1000 },
    }
    const tools = {
      ...{
        generator,
        clock,
        readEnvironment: environmentReader(),
        random: createRandom(11),
        nextId: () => id++,
      },
      ...{ onStart: () => undefined, onTrial: () => undefined },
    }
    const { trials, blocks } = await race(plan, tools, never)
    const means = [...trials].map(([key, own]) => ({
      key,
      level: meanLogThroughput(own),
      blocks: own.length,
    }))
    // Who left early has fewer blocks, which another state of the machine may flatter: the best is one that stayed.
    const stayed = means.filter((one) => one.level !== null && one.blocks === blocks)
    if (stayed.length === 0) {
      const reasons = [...trials.values()]
        .flat()
        .flatMap(({ validity }) => validity.reasons.map(({ id }) => id))
      throw new Error(
        `no trial of the grid for ${app.name} may be believed: ${[...new Set(reasons)].join(', ')}`,
      )
    }
    const best = stayed.reduce((a, b) => (b.level > a.level ? b : a))
    const comparison = compare(
      pairedLogRatios(trials.get(recommendedKey) ?? [], trials.get(best.key) ?? []),
      0.03,
    )
    const all = [...trials.values()].flat()
    return {
      ...{
        cells: grid.length,
        blocks,
        trials: all.length,
        connections,
        seconds: (performance.now() - startMs) / 1000,
      },
      // Six blocks of every cell at three numbers of connections, as tune bench --matrix would make them.
      fullMatrixTrials: grid.length * 6 * 3,
      best: best.key,
      bestRps: Math.exp(best.level),
      recommendedAgainstBest:
        best.key === recommendedKey ? { ratio: 1, low: 1, high: 1, blocks } : comparison?.effect,
      levels: means.map(({ key, level, blocks: own }) => ({
        key,
        rps: level === null ? null : Math.exp(level),
        blocks: own,
        capacity: capacityOf(grid.find((one) => configurationKey(one) === key)),
      })),
      ...busyness(all),
    }
  } finally {
    await Promise.all(running.map((server) => server.stop()))
    await generator.stop()
  }
}

const [part, ...names] = process.argv.slice(2)
const chosen = names.length === 0 ? APPS : APPS.filter(({ name }) => names.includes(name))
for (const app of part === 'table' ? [] : chosen) {
  if (part === 'analyze') {
    const document = await runAnalyze(app)
    save(app.name, { nature: app.nature, classes: app.classes, analyze: summaryOf(document) })
    const { class: found, configuration, action } = read(app.name).analyze
    console.log(app.name, found, action, configurationKey(configuration))
  } else if (part === 'exhaustive') {
    const exhaustive = await runExhaustive(app)
    save(app.name, { exhaustive })
    console.log(`${app.name}: best ${exhaustive.best}, recommended at`, exhaustive.recommendedAgainstBest)
  } else if (part === 'repeat') {
    const { repeats = [] } = read(app.name)
    const {
      class: found,
      action,
      configuration,
      throughputRps,
      load,
      foreignCores,
    } = summaryOf(await runAnalyze(app, 100 + Number(repeats.length)))
    repeats.push({
      class: found,
      action,
      key: configurationKey(configuration),
      rps: throughputRps?.value ?? null,
      load,
      foreignCores,
    })
    save(app.name, { repeats })
    console.log(app.name, repeats.at(-1))
  } else {
    throw new Error('say analyze, exhaustive, repeat or table')
  }
}
if (part === 'table') writeTable(chosen.map(({ name }) => ({ name, ...read(name) })))
