// Is the recommendation right? For apps of known nature: tune analyze, then every configuration of a grid with the same
// engine, and how far the recommendation is below the best of them.
//
//   npm run build
//   node benchmarks/advisor/run.js analyze|exhaustive|duel|repeat <app> …   one app after the other
//   node benchmarks/advisor/run.js table                                     writes results.md from results/*.json
import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { compare } from '../../dist/experiment/compare.js'
import { keptUp, rebooted } from '../../dist/experiment/hosting.js'
import { atOneSpeed } from '../../dist/experiment/host-speed.js'
import { race } from '../../dist/experiment/race.js'
import { createRandom } from '../../dist/experiment/random.js'
import { meanLogThroughput, pairedLogRatios } from '../../dist/experiment/samples.js'
import { planRaceLoad, rampSeconds } from '../../dist/advisor/load-plan.js'
import { createLoadGenerator } from '../../dist/load/index.js'
import { detectMachine, environmentReader } from '../../dist/profiles/machine/index.js'
import { createSpeedometer } from '../../dist/profiles/speed/index.js'
import { calibrate } from '../../dist/profiles/workloads/index.js'
import { configurationKey } from '../../dist/result/configuration.js'
import { analyze } from '../../dist/studies/analyze.js'
import { serverUnderStudy } from '../../dist/studies/servers.js'
import { APPS } from './apps.js'
import { memoryCgroup } from './memory-cgroup.js'
import { writeTable } from './table.js'

const BUDGET_SECONDS = 90
/** Seconds are for the trials, once the servers are up. */
const EXHAUSTIVE = { seconds: 130, blocks: { least: 6, most: 10 }, seed: 11 }
const DUEL = { seconds: 75, blocks: { least: 12, most: 20 }, seed: 12, rivals: 3 }
/**
 * For an app of which two starts of one configuration differ for as long as they are up, and whose heaps take tens of seconds of load to settle: a
 * server alone, started anew for each trial. Takes half an hour.
 */
const SUSTAINED = {
  ...DUEL,
  ...{ seconds: 1800, blocks: { least: 6, most: 16 }, windowSeconds: 20, leadSeconds: 30, alone: true },
}
/** In the grid: a cell that needs longer for an answer is not the best one, and waiting for it would take the time of all others. */
const HOPELESS_SECONDS = 2
/** Of a cell that may not fit: a server whose workers are killed as they load is given up after this. */
const START_MS = 20_000
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
  const speedometer = (await createSpeedometer(machine)) ?? undefined
  const silent = () => undefined
  const progress = { phase: silent, trialStarted: silent, trialFinished: silent, note: silent }
  const tools = {
    toolVersion: '0',
    machine,
    generator,
    clock,
    readEnvironment: environmentReader(),
    speedometer,
    progress,
    saveTrial: silent,
  }
  const settings = { name: app.name, app: app.path, request, server, budgetSeconds: BUDGET_SECONDS, seed }
  try {
    return await analyze(settings, server.makeTarget, tools, never)
  } finally {
    await speedometer?.stop()
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
    noise: document.noise,
    ruleVerdict: heuristic.verdict,
    ruleEffect: heuristic.effect,
    confirmed: confirmation?.blocks ?? 0,
    // Of the answer, as the sweep measures it: with fewer loops than cores, or behind a pool, it lies below that of the cores.
    kneePredicted: connections?.kneePredicted ?? workload.kneeConcurrency,
    kneeMeasured: connections?.kneeMeasured ?? null,
    candidates: candidates.filter(({ outcome }) => outcome !== 'excluded').length,
    trials: document.trials.length,
    invalid: document.trials.filter(({ validity }) => !validity.ok).length,
    seconds: document.durationSeconds,
    load: recommendation.connections,
    ...busyness(document.trials),
  }
}

/** A knee differs by so much from one run to the next, and twice the knee fills a configuration as well as four times. */
const ALIKE_LOADS = 2

/** Grid and duel are about a configuration and a load, not about the run that found them. */
function isSameAnswer(before, after, load) {
  const times = load / after.load
  return (
    before !== undefined &&
    configurationKey(before.configuration) === configurationKey(after.configuration) &&
    Math.max(times, 1 / times) <= ALIKE_LOADS
  )
}

/** The recommendation, and everything one would try by hand on N cores: three classes, workers and threads around N, 2N+1 and beyond. */
function gridFor(effectiveCpus, recommended, rule) {
  const N = Math.max(1, Math.round(effectiveCpus))
  const make = (workerClass, workers, threads = 1) => ({
    workerClass,
    workers,
    threads,
    workerConnections: 1000,
  })
  const shapes = [
    recommended,
    ...[N, 2 * N + 1, 4 * N, 8 * N].map((workers) => make('sync', workers)),
    ...[
      [N, 2],
      [N, 4],
      [N, 8],
      [N, 16],
    ].map(([workers, threads]) => make('threaded', workers, threads)),
    ...[1, N, 2 * N + 1, 4 * N + 2].map((workers) => make('async', workers)),
    rule,
  ]
  return [...new Map(shapes.map((shape) => [configurationKey(shape), shape])).values()]
}

/** Races these under the load of the recommendation, on servers that are all up, or each `alone`. The first one is the recommendation. */
async function measure(app, configurations, connections, limits) {
  const { analyze: analysis } = read(app.name)
  const { machine, request, server } = await prepare(app)
  const { effectiveCpus, openFilesLimit } = machine
  const load = planRaceLoad(configurations, analysis.workload, effectiveCpus, openFilesLimit)
  const generator = createLoadGenerator()
  const speedometer = (await createSpeedometer(machine)) ?? undefined
  const running = []
  try {
    const contenders = []
    for (const configuration of configurations) {
      const label = configurationKey(configuration)
      const target = server.makeTarget(configuration, label)
      const started = limits.alone === true ? null : await target.start(never)
      if (started !== null) running.push(started)
      // What serves few at a time gets no more than it works off.
      const clients = Math.min(connections, load.connectionsOf(configuration))
      const ramp = Math.max(
        limits.leadSeconds ?? 0,
        rampSeconds(configuration, analysis.workload, effectiveCpus, clients),
      )
      contenders.push({
        ...{ label, target: label, workload: null, configuration },
        use: started === null ? rebooted(target, never) : keptUp(started),
        connections: clients,
        ...{ rampSeconds: ramp, control: contenders.length === 0 },
      })
    }
    let id = 0
    const startMs = performance.now()
    const plan = {
      ...{ phase: 'matrix', contenders, twinOf: null, request, margin: 0.03 },
      warmUpSeconds: limits.alone === true ? 0 : 0.4,
      ...{
        windowSeconds: limits.windowSeconds ?? Math.min(1, load.windowSeconds),
        timeoutSeconds: HOPELESS_SECONDS,
      },
      ...{ minBlocks: limits.blocks.least, maxBlocks: limits.blocks.most },
      ...(speedometer === undefined ? {} : { effectiveCpus }),
      deadlineMs: startMs + limits.seconds * 1000,
    }
    const tools = {
      ...{ generator, clock, speedometer, readEnvironment: environmentReader(), nextId: () => id++ },
      ...{ random: createRandom(limits.seed), onStart: () => undefined, onTrial: () => undefined },
    }
    const outcome = await race(plan, tools, never)
    const { trials, summary: speed } = atOneSpeed(outcome.trials, machine.effectiveCpus)
    return { ...outcome, trials, speed, seconds: (performance.now() - startMs) / 1000 }
  } finally {
    await speedometer?.stop()
    await Promise.all(running.map((server) => server.stop()))
    await generator.stop()
  }
}

/** Who did best of those that stayed: who left early has fewer blocks, which another state of the machine may flatter. */
function bestOf(app, { trials, blocks }) {
  const levels = [...trials].map(([key, own]) => ({ key, level: meanLogThroughput(own), blocks: own.length }))
  const stayed = levels.filter((one) => one.level !== null && one.blocks === blocks)
  if (stayed.length === 0) {
    const reasons = [...trials.values()]
      .flat()
      .flatMap(({ validity }) => validity.reasons.map(({ id }) => id))
    throw new Error(
      `no trial of the grid for ${app.name} may be believed: ${[...new Set(reasons)].join(', ')}`,
    )
  }
  return { levels, best: stayed.reduce((a, b) => (b.level > a.level ? b : a)) }
}

/** Throughput of the recommendation divided by that of another, within blocks. */
function effectOf({ trials, blocks }, recommendedKey, key) {
  if (key === recommendedKey) return { ratio: 1, low: 1, high: 1, blocks }
  return compare(pairedLogRatios(trials.get(recommendedKey) ?? [], trials.get(key) ?? []), 0.03)?.effect
}

/**
 * Each cell for a moment under load, in a cgroup with the memory of the app: what an exhaustive search finds out of those that do not fit, of
 * which it does not know beforehand.
 */
async function tryInMemory({ name, memoryBytes }, { server, request }, grid) {
  const generator = createLoadGenerator()
  const attempts = []
  try {
    for (const configuration of grid) {
      const cgroup = memoryCgroup(memoryBytes)
      const key = configurationKey(configuration)
      try {
        const target = server.makeTarget(configuration, key)
        const running = await cgroup.inside(() => target.start(AbortSignal.timeout(START_MS)))
        try {
          const load = { request, connections: 16, rampSeconds: 0, windowSeconds: 1, timeoutSeconds: 2 }
          const { requests } = await generator.run({ ...load, address: running.address }, never)
          attempts.push({ key, killed: cgroup.killed(), answered: requests.done })
        } finally {
          await running.stop()
        }
      } catch (error) {
        attempts.push({ key, killed: cgroup.killed(), answered: 0, error: String(error.message ?? error) })
      } finally {
        await cgroup.remove()
      }
      console.log(name, attempts.at(-1))
    }
  } finally {
    await generator.stop()
  }
  return attempts
}

async function runExhaustive(app) {
  const { analyze: analysis } = read(app.name)
  if (analysis === undefined) throw new Error(`analyze ${app.name} first`)
  const prepared = await prepare(app)
  const { machine, server } = prepared
  const recommendedKey = configurationKey(analysis.configuration)
  const cells = gridFor(machine.effectiveCpus, analysis.configuration, analysis.rule).filter((one) =>
    server.supports(one),
  )
  const { memoryBytes } = app.machine ?? {}
  const attempts =
    memoryBytes === undefined ? [] : await tryInMemory({ name: app.name, memoryBytes }, prepared, cells)
  const gaveUp = new Set(
    attempts.filter(({ killed, answered }) => killed > 0 || answered === 0).map(({ key }) => key),
  )
  const grid = cells.filter((one) => !gaveUp.has(configurationKey(one)))
  // The load under which the recommendation was made: another one may have another best.
  const connections = analysis.load
  const outcome = await measure(app, grid, connections, EXHAUSTIVE)
  const { levels, best } = bestOf(app, outcome)
  const all = [...outcome.trials.values()].flat()
  return {
    ...{ cells: cells.length, blocks: outcome.blocks, trials: attempts.length + all.length, connections },
    seconds: outcome.seconds,
    ...(attempts.length === 0 ? {} : { attempts }),
    // Six blocks of every cell at three numbers of connections, as tune bench --matrix would make them.
    fullMatrixTrials: cells.length * 6 * 3,
    best: best.key,
    bestRps: Math.exp(best.level),
    recommendedAgainstBest: effectOf(outcome, recommendedKey, best.key),
    levels: levels.map(({ key, level, blocks }) => ({
      key,
      rps: level === null ? null : Math.exp(level),
      blocks,
      configuration: grid.find((one) => configurationKey(one) === key),
    })),
    ...busyness(all),
  }
}

/**
 * The best of a dozen was partly lucky, so what it led by is too much. The recommendation against the best three others of the grid, in
 * blocks that the selection has not seen, on servers that were started anew. What counts is the first of them, named before these blocks.
 */
async function runDuel(app) {
  const { analyze: analysis, exhaustive } = read(app.name)
  if (exhaustive === undefined) throw new Error(`exhaustive ${app.name} first`)
  const recommendedKey = configurationKey(analysis.configuration)
  const best = exhaustive.levels
    .filter(({ rps }) => rps !== null)
    .toSorted((a, b) => b.rps - a.rps)
    .map(({ configuration }) => configuration)
    .filter((one) => configurationKey(one) !== recommendedKey)
  const named = app.rivals?.flatMap((key) => best.find((one) => configurationKey(one) === key) ?? [])
  const others = named ?? best.slice(0, DUEL.rivals)
  const outcome = await measure(
    app,
    [analysis.configuration, ...others],
    exhaustive.connections,
    app.sustained === true ? SUSTAINED : DUEL,
  )
  const { levels } = bestOf(app, outcome)
  const effects = levels.map(({ key, level, blocks }) => ({
    ...{ key, rps: level === null ? null : Math.exp(level), blocks },
    recommendedAgainst: effectOf(outcome, recommendedKey, key) ?? null,
  }))
  const all = [...outcome.trials.values()].flat()
  const rival = others[0] === undefined ? recommendedKey : configurationKey(others[0])
  return {
    ...{ blocks: outcome.blocks, trials: all.length, seconds: outcome.seconds, rival, effects },
    ...busyness(all),
    recommendedAgainstRival: effects.find(({ key }) => key === rival)?.recommendedAgainst ?? null,
  }
}

const [part, ...names] = process.argv.slice(2)
const chosen = names.length === 0 ? APPS : APPS.filter(({ name }) => names.includes(name))
for (const app of part === 'table' ? [] : chosen) {
  if (part === 'analyze') {
    const document = await runAnalyze(app)
    const { analyze: before, exhaustive } = read(app.name)
    const after = summaryOf(document)
    // What followed from another answer goes.
    const isSame = isSameAnswer(before, after, exhaustive?.connections ?? after.load)
    const later = isSame ? {} : { exhaustive: undefined, duel: undefined }
    save(app.name, { nature: app.nature, classes: app.classes, analyze: after, ...later })
    const { class: found, configuration, action } = read(app.name).analyze
    console.log(app.name, found, action, configurationKey(configuration))
  } else if (part === 'exhaustive') {
    const exhaustive = await runExhaustive(app)
    save(app.name, { exhaustive, duel: undefined })
    console.log(`${app.name}: best ${exhaustive.best}, recommended at`, exhaustive.recommendedAgainstBest)
  } else if (part === 'duel') {
    const duel = await runDuel(app)
    save(app.name, { duel })
    console.log(`${app.name}: recommended against ${duel.rival}`, duel.recommendedAgainstRival)
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
    throw new Error('say analyze, exhaustive, duel, repeat or table')
  }
}
if (part === 'table') writeTable(chosen.map(({ name }) => ({ name, ...read(name) })))
