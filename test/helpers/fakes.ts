import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { Clock } from '../../src/experiment/clock.js'
import type { LoadGenerator, LoadSpec, RunningTarget, Target } from '../../src/experiment/ports.js'
import { createRandom, type Random } from '../../src/experiment/random.js'
import { configurationKey, loopsOf, type Configuration } from '../../src/result/configuration.js'
import type { Machine } from '../../src/result/machine.js'
import type { OpenLoadSpec, OpenOutcome } from '../../src/result/open-load.js'
import type { RequestSpec } from '../../src/result/request.js'
import type { LoadOutcome } from '../../src/result/trial.js'
import { trueThroughput, type FakeApp } from './fake-app.js'

const BYTES = { arbiter: 30e6, worker: 40e6, thread: 16e6 }

export interface FakeWorldOptions {
  /** The servers tell CPU and memory alone, as those of another make do. */
  blind?: boolean
  app: FakeApp
  /** What requests of these paths need instead, on the server of the app. */
  routes?: Record<string, FakeApp>
  effectiveCpus: number
  seed?: number
  /** SD of ln X from one trial to the next. */
  noise?: number
  /** SD of a step of the random walk that all of the machine takes after each trial. */
  drift?: number
  /** How late a generator of open load sends. */
  lateUs?: number
  /** Generator CPU per request. */
  generatorMs?: number
  /** Extra truth by configuration, e.g. contention: X is multiplied by it. */
  scale?: (configuration: Configuration) => number
  /** What a trial takes beside its ramp and window. */
  betweenTrialsSeconds?: number
  /** What starting one server takes. */
  startSeconds?: number
  /** Called with the number of the run, from 0; for aborting in the middle. */
  onRun?: (run: number) => void
  /** What the generator reports instead, by the number of the run. */
  spoil?: (run: number) => Partial<LoadOutcome>
}

interface FakeServer {
  configuration: Configuration
  startedMs: number
  answered: number
  cpuSeconds: number
  loopBusySeconds: number
}

/** A machine on which time is simulated: targets, a generator and a clock that belong together. */
export class FakeWorld {
  readonly clock: Clock
  readonly generator: LoadGenerator
  readonly openGenerator = { run: (spec: OpenLoadSpec) => this.runOpen(spec) }
  readonly loads: LoadSpec[] = []
  /** Rates of open load, in the order in which they were asked. */
  readonly openRates: number[] = []
  running = 0
  /** Servers that were up under each load. */
  readonly beside: number[] = []
  started = 0
  private nowMs = 0
  private speed = 0
  private readonly random: Random
  private readonly servers = new Map<number, FakeServer>()
  private readonly noiseless = new Map<string, number>()

  readonly pause = (ms: number): Promise<void> => {
    this.nowMs += ms
    return Promise.resolve()
  }

  private readonly options: FakeWorldOptions

  constructor(options: FakeWorldOptions) {
    this.options = options
    this.random = createRandom(options.seed ?? 1)
    this.clock = {
      monotonicMs: () => this.nowMs,
      wallClock: () => new Date(Date.UTC(2026, 0, 1) + this.nowMs),
    }
    this.generator = { run: (spec, signal) => this.run(spec, signal), stop: () => Promise.resolve() }
  }

  target(configuration: Configuration, label = configurationKey(configuration)): Target {
    return { label, workload: null, configuration, start: () => Promise.resolve(this.start(configuration)) }
  }

  start(configuration: Configuration): RunningTarget {
    const port = 1 + this.servers.size
    const startedMs = this.nowMs
    const server: FakeServer = { configuration, startedMs, answered: 0, cpuSeconds: 0, loopBusySeconds: 0 }
    this.servers.set(port, server)
    this.running++
    this.started++
    this.nowMs += 1000 * (this.options.startSeconds ?? 0)
    let stopped = false
    return {
      address: { host: '127.0.0.1', port },
      app: null,
      counters: () => Promise.resolve(this.countersOf(server)),
      lastLines: () => (this.countersOf(server).restarts > 0 ? ['Worker (pid:9) exited with code 7'] : []),
      stop: () => {
        if (!stopped) this.running--
        stopped = true
        return Promise.resolve()
      },
    }
  }

  private countersOf(server: FakeServer) {
    const { configuration, answered, startedMs } = server
    const { workers, threads } = configuration
    const { blind = false } = this.options
    const loops = loopsOf(configuration)
    const leaked = (this.options.app.leakBytes ?? 0) * answered
    const {
      collectsShare,
      diesAfter,
      idleCores = 0,
      workerBytes = BYTES.worker,
      threadBytes = BYTES.thread,
    } = this.options.app
    const workersPssBytes = workers * (workerBytes + (threads - 1) * threadBytes) + leaked
    const idleSeconds = (idleCores * (this.nowMs - startedMs)) / 1000
    const cpuSeconds = server.cpuSeconds + idleSeconds * workers
    return {
      atMs: this.nowMs,
      cpuSeconds,
      ...(blind ? {} : { cpuByWorker: [{ pid: 1, seconds: cpuSeconds }] }),
      runQueueSeconds: 0,
      loops: Array.from({ length: blind ? 0 : loops }, (_, index) => ({
        id: String(index),
        busySeconds: server.loopBusySeconds / loops + idleSeconds,
        totalSeconds: this.nowMs / 1000,
      })),
      requestsPerWorker: Array.from({ length: blind ? 0 : workers }, (_, slot) =>
        Math.floor((answered + slot) / workers),
      ),
      restarts: Math.floor(answered / (diesAfter ?? Infinity)),
      ...(collectsShare === undefined
        ? {}
        : { processes: workers + 1, gcSeconds: collectsShare * cpuSeconds }),
      memory: { arbiterPssBytes: BYTES.arbiter, workersPssBytes, rssBytes: 2 * workersPssBytes },
    }
  }

  private run(spec: LoadSpec, signal: AbortSignal): Promise<LoadOutcome> {
    this.options.onRun?.(this.loads.length)
    if (signal.aborted) return Promise.reject(new Error('aborted'))
    this.loads.push(spec)
    this.beside.push(this.running)
    const server = this.servers.get('port' in spec.address ? spec.address.port : 0)
    if (server === undefined) return Promise.reject(new Error('nobody listens there'))
    const app = settling(this.appOf(spec.request), server)
    const full = this.throughput(server.configuration, spec.connections, app)
    const seconds = spec.rampSeconds + spec.windowSeconds
    // Of the first load of a server, the ramp goes first.
    const lost =
      server.answered > 0 ? 0 : Math.max(0, (this.options.app.slowStartSeconds ?? 0) - spec.rampSeconds)
    const rps = full * (1 - Math.min(0.9, lost / spec.windowSeconds))
    this.nowMs += (seconds + (this.options.betweenTrialsSeconds ?? 0)) * 1000
    this.account(server, rps, seconds, app)
    return Promise.resolve({
      ...this.outcome(rps, spec, app),
      ...this.options.spoil?.(this.loads.length - 1),
    })
  }

  /** Latency grows as one over the capacity that is left; beyond the capacity a queue grows with time. */
  private runOpen(spec: OpenLoadSpec): Promise<OpenOutcome> {
    const server = this.servers.get('port' in spec.address ? spec.address.port : 0)
    if (server === undefined) return Promise.reject(new Error('nobody listens there'))
    const { ratePerSecond: rate, rampSeconds, windowSeconds } = spec
    this.openRates.push(rate)
    const capacity = this.throughput(server.configuration, spec.maxConnections)
    const { app, lateUs = 0 } = this.options
    this.nowMs += (rampSeconds + windowSeconds) * 1000
    const achieved = Math.min(rate, capacity)
    this.account(server, achieved, rampSeconds + windowSeconds)
    const meanUs = lateUs + 1000 * (app.waitMs + app.cpuMs / Math.max(0.01, 1 - rate / capacity))
    const done = Math.round(achieved * windowSeconds)
    const queued = Math.round((rate - achieved) * windowSeconds)
    return Promise.resolve({
      ...{ windowSeconds, offeredRps: rate, achievedRps: achieved, histogram: '' },
      latencyUs: {
        count: done,
        mean: meanUs,
        p50: meanUs,
        p95: 2 * meanUs,
        p99: 3 * meanUs,
        p999: null,
        max: 4 * meanUs,
      },
      requests: { sent: done, done, non2xx: 0, errors: 0, timeouts: 0, lost: 0, inFlight: 0 },
      latenessUs: { p50: lateUs, p99: lateUs, max: lateUs },
      underWay: { atOpen: 0, atClose: queued },
      ...{ generatorCpu: 0.1, errorSamples: [], statusCounts: { 200: done } },
    })
  }

  /** One request of a mix; the mix itself is the app. */
  private appOf({ path, mix }: RequestSpec): FakeApp {
    const own = mix === undefined ? this.options.routes?.[path] : undefined
    return own ?? this.options.app
  }

  private throughput(configuration: Configuration, connections: number, app = this.options.app): number {
    const { effectiveCpus, noise = 0.01, drift = 0.005, scale } = this.options
    const key = `${configurationKey(configuration)}@${connections} ${JSON.stringify(app)}`
    let truth = this.noiseless.get(key)
    if (truth === undefined) {
      truth = trueThroughput(app, configuration, effectiveCpus, connections) * (scale?.(configuration) ?? 1)
      this.noiseless.set(key, truth)
    }
    this.speed += drift * normal(this.random)
    return truth * Math.exp(this.speed + noise * normal(this.random))
  }

  private account(server: FakeServer, rps: number, seconds: number, app = this.options.app): void {
    const { effectiveCpus } = this.options
    const { cpuMs, waitMs, blocking, offLoop } = app
    const answered = Math.round(rps * seconds)
    // A loop that is held back by a CPU quota is busy all the same: its clock is the wall's.
    const throttled = effectiveCpus < 1 && (rps * cpuMs) / 1000 > 0.9 * effectiveCpus
    const stretch = throttled && !offLoop ? 1 / effectiveCpus : 1
    const loopMs = blocking ? cpuMs + waitMs : offLoop ? cpuMs * 0.1 : cpuMs
    server.answered += answered
    server.cpuSeconds += (answered * cpuMs) / 1000
    server.loopBusySeconds += (answered * loopMs * stretch) / 1000
  }

  private outcome(
    rps: number,
    { connections, rampSeconds, windowSeconds }: LoadSpec,
    app: FakeApp,
  ): LoadOutcome {
    const { generatorMs = 0.01 } = this.options
    const overrun = app.failsBeyond !== undefined && connections > app.failsBeyond
    const failingShare = overrun ? 0.5 : (app.failingShare ?? 0)
    const done = Math.round(rps * windowSeconds)
    const meanUs = (connections / rps) * 1e6
    const non2xx = Math.round(done * failingShare)
    return {
      windowSeconds,
      throughputRps: rps,
      latencyUs: {
        count: done,
        mean: meanUs,
        p50: meanUs,
        p95: done >= 59 ? 1.5 * meanUs : null,
        p99: done >= 299 ? 2 * meanUs : null,
        p999: null,
        // A window without a ramp opens on an empty queue, so nobody waits for longer than for all.
        max: (rampSeconds === 0 ? 1 : 3) * meanUs,
      },
      histogram: histogramOf(meanUs, done),
      requests: {
        sent: done,
        done,
        non2xx,
        errors: 0,
        timeouts: 0,
        lost: 0,
        inFlight: 0,
      },
      answers: Math.round(rps * (rampSeconds + windowSeconds)),
      connects: app.closes ? done : connections,
      concurrency: connections,
      littleRatio: 1,
      generatorCpu: (rps * generatorMs) / 1000,
      generatorCpuSeconds: (rps * generatorMs * windowSeconds) / 1000,
      generatorDelayMs: { mean: 0, max: 0 },
      slices: Array.from(
        { length: 10 },
        (_, part) => (done / 10) * (1 + (app.slowsDownBy ?? 0) * (0.5 - part / 9)),
      ),
      errorSamples: [],
      statusCounts: non2xx > 0 ? { 200: done - non2xx, 500: non2xx } : { 200: done },
    }
  }
}

function histogramOf(meanUs: number, count: number): string {
  if (count < 1) return ''
  const histogram = build({ highestTrackableValue: 6e8, numberOfSignificantValueDigits: 3 })
  histogram.recordValueWithCount(Math.max(1, Math.round(meanUs)), count)
  return encodeIntoCompressedBase64(histogram)
}

/** What a request costs on heaps that have not settled yet, times what it costs later. */
const UNSETTLED = 1.5

function settling(app: FakeApp, { answered, configuration }: FakeServer): FakeApp {
  const isSettled = answered >= (app.settlesAfter ?? 0) * loopsOf(configuration)
  return isSettled ? app : { ...app, cpuMs: UNSETTLED * app.cpuMs }
}

/** Standard normal (Box & Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export const FAKE_REQUEST: RequestSpec = { method: 'GET', path: '/', headers: {}, body: null }

export function fakeMachine(overrides: Partial<Machine> = {}): Machine {
  return {
    effectiveCpus: 2,
    effectiveCpusSource: 'test',
    memoryLimitBytes: 8e9,
    memoryLimitSource: 'test',
    memoryAvailableBytes: 6e9,
    openFilesLimit: 65_536,
    somaxconn: 4096,
    platform: 'linux',
    cpuModel: 'test',
    kernel: 'test',
    nodeVersion: process.version,
    facts: [],
    warnings: [],
    ...overrides,
  }
}
