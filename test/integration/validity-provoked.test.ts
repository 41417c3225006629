import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import type { Trial } from '../../src/result/trial.js'
import { runInCgroup } from '../helpers/cgroup.js'
import { runCommand, type CommandResult } from '../helpers/command.js'
import { fromDist } from '../helpers/dist.js'
import { startLoadServer, stopLoadServers } from '../helpers/load-server.js'

// Reasons and warnings by what really causes them. Those that need another machine (steal, memory pressure) are judged on
// made-up counters in test/unit/experiment/validity.test.ts.

const { bundledTarget } = await fromDist<typeof import('../../src/targets/index.js')>('targets/index.js')
const { createLoadGenerator } = await fromDist<typeof import('../../src/load/index.js')>('load/index.js')
const { runTrial } = await fromDist<typeof import('../../src/experiment/trial-runner.js')>(
  'experiment/trial-runner.js',
)

const PROGRAM = fileURLToPath(new URL('fixtures/provoke.mjs', import.meta.url))
type Provoked = Pick<Trial, 'validity' | 'environment' | 'requests' | 'errorSamples'>

function provoked({ status, stdout, stderr }: CommandResult): Provoked {
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return JSON.parse(stdout)
}

const reasonsOf = ({ validity }: Pick<Trial, 'validity'>) => validity.reasons.map(({ id }) => id)
const warningsOf = ({ validity }: Pick<Trial, 'validity'>) => validity.warnings.map(({ id }) => id)

/** Runs it in a network of its own, where it may change settings; `null` where that is not allowed. */
async function inOwnNetwork(
  setUp: string,
  args: readonly string[],
  context: TestContext,
): Promise<Provoked | null> {
  const may = await runCommand('unshare', ['-n', 'true']).catch(() => null)
  if (may?.status !== 0) {
    context.skip('no network namespace can be made here')
    return null
  }
  const script = `ip link set lo up && ${setUp} && exec "$@"`
  return provoked(
    await runCommand('unshare', ['-n', 'sh', '-c', script, 'sh', process.execPath, PROGRAM, ...args]),
  )
}

describe('a trial that ran into', () => {
  afterEach(stopLoadServers)

  it('the CPU quota of a real cgroup says so', async (context) => {
    const result = await runInCgroup([{ cpus: 0.3 }], process.execPath, [PROGRAM, '10'])
    if (result === null) return context.skip('no cgroup can be made here')
    const trial = provoked(result)
    expect(trial.environment?.throttledShare).toBeGreaterThan(0.5)
    expect(warningsOf(trial)).toContain('cpu-throttled')
  })

  it('the end of the local ports is invalid for that reason', async (context) => {
    const setUp = 'echo "50000 50007" > /proc/sys/net/ipv4/ip_local_port_range'
    const trial = await inOwnNetwork(setUp, ['30'], context)
    if (trial === null) return
    expect(reasonsOf(trial)).toContain('ports-exhausted')
    expect(trial.errorSamples.join()).toContain('EADDRNOTAVAIL')
  })

  it('the limit of open files is invalid for that reason', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 2 })
    if (!('port' in server.address)) throw new Error('expected a port')
    const args = ['sh', process.execPath, PROGRAM, '400', String(server.address.port)]
    const trial = provoked(await runCommand('sh', ['-c', 'ulimit -n 200 && exec "$@"', ...args]))
    expect(reasonsOf(trial)).toContain('descriptor-limit')
    expect(trial.errorSamples.join()).toContain('EMFILE')
  })

  it('a full listen queue warns of the connections that it cost', async (context) => {
    const trial = await inOwnNetwork('true', ['60', 'blocked'], context)
    if (trial === null) return
    expect(trial.environment?.listenDrops).toBeGreaterThan(0)
    expect(warningsOf(trial)).toContain('listen-drops')
  })
})

describe('a worker that is killed in the middle', () => {
  const generator = createLoadGenerator()
  afterEach(() => generator.stop())

  it('invalidates the trial, its requests are lost, and the latency of the others is not inflated', async () => {
    const app = fileURLToPath(new URL('../../dist/profiles/workloads/apps/io.js', import.meta.url))
    const configuration = { workerClass: 'async' as const, workers: 2, threads: 1, workerConnections: 100 }
    const target = bundledTarget({ label: 'a', workload: null, configuration, app, cwd: process.cwd() })
    const { signal } = new AbortController()
    const running = await target.start(signal)
    try {
      const { treeOf, readProcesses } = await import('../../src/targets/process-tree.js')
      const workers = treeOf(running.arbiterPid, await readProcesses()).slice(1)
      const load = {
        ...{ request: { method: 'GET', path: '/', headers: {}, body: null }, connections: 16 },
        ...{ rampSeconds: 0.3, windowSeconds: 1.5, timeoutSeconds: 5 },
      }
      const order = { id: 0, phase: 'matrix' as const, block: 0, target: 'a', workload: null, configuration }
      const clock = { monotonicMs: () => performance.now(), wallClock: () => new Date() }
      const trial = runTrial(order, running, load, { generator, clock }, signal)
      setTimeout(() => process.kill(workers[0]!.pid, 'SIGKILL'), 900)
      const { requests, latencyUs, validity } = await trial
      expect(validity.ok).toBe(false)
      expect(reasonsOf({ validity })).toContain('worker-restart')
      expect(requests.lost + requests.errors).toBeGreaterThan(0)
      expect(requests.sent).toBe(requests.done + requests.errors + requests.lost + requests.inFlight)
      // The app waits 20 ms. A generator that mixes up answers and requests would add up the rest of the window.
      expect(latencyUs.p50).toBeLessThan(200_000)
    } finally {
      await running.stop()
    }
  })
})
