import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { observe } from '../../src/advisor/observed.js'
import { PROBE_LABEL } from '../../src/advisor/probe-label.js'
import type { RuleContext } from '../../src/advisor/rules/context.js'
import { unevenWait } from '../../src/advisor/rules/wait-rules.js'
import type { RunningTarget } from '../../src/experiment/ports.js'
import { configurationKey, type Configuration } from '../../src/result/configuration.js'
import type { RequestSpec } from '../../src/result/request.js'
import type { Trial } from '../../src/result/trial.js'
import { fromDist } from '../helpers/dist.js'
import { sync, threaded } from '../helpers/documents.js'
import { hasTool, SYSTEM_PATH } from '../helpers/tools.js'

// As many clients as slots, and one request of ten is slow. Gunicorn's gthread takes connections that it cannot serve yet, so fast requests
// wait behind a slow one although another worker is idle. How clients divide between workers is luck, so they come again and
// again until it shows; sync, with one queue for all, must not show it once.

const { gunicornTarget } = await fromDist<typeof import('../../src/targets/index.js')>('targets/index.js')
const { createLoadGenerator } = await fromDist<typeof import('../../src/load/index.js')>('load/index.js')
const { runTrial } = await fromDist<typeof import('../../src/experiment/trial-runner.js')>(
  'experiment/trial-runner.js',
)

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))
const hasFlask = hasTool('gunicorn') && hasTool('/usr/bin/python3', '-c', 'import flask')
const never = new AbortController().signal
const none = { method: 'GET', headers: {}, body: null }
const request: RequestSpec = {
  ...{ ...none, path: '/wait' },
  mix: {
    ...{ name: 'starvation', seed: 1 },
    routes: [
      { ...none, name: 'fast', path: '/wait', weight: 9 },
      { ...none, name: 'slow', path: '/slow', weight: 1 },
    ],
  },
}
const CLIENTS = 4
const MOST_TRIALS = 21

describe.skipIf(!hasFlask)('the starvation test, on Gunicorn with Flask (skipped without them)', () => {
  let generator: ReturnType<typeof createLoadGenerator>
  beforeAll(() => {
    generator = createLoadGenerator()
  })
  const running: RunningTarget[] = []
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop()))
    await generator.stop()
  })

  const started = async (configuration: Configuration) => {
    const env = { PATH: SYSTEM_PATH, PYTHONDONTWRITEBYTECODE: '1' }
    const options = { label: 'any', workload: null, configuration, cwd: FIXTURES, request, env }
    const server = await gunicornTarget({ ...options, app: 'flask_app:app' }).start(never)
    running.push(server)
    return (phase: 'probe' | 'race', connections: number): Promise<Trial> =>
      runTrial(
        {
          ...{ id: 0, phase, block: phase === 'race' ? 0 : null, workload: null },
          ...{ target: phase === 'probe' ? PROBE_LABEL : configurationKey(configuration), configuration },
        },
        server,
        {
          request,
          connections,
          rampSeconds: 0.2,
          windowSeconds: phase === 'probe' ? 3 : 1.5,
          timeoutSeconds: 10,
        },
        { generator, clock: { monotonicMs: () => performance.now(), wallClock: () => new Date() } },
        never,
      )
  }

  it('finds that clients of gthread wait for a busy worker beside an idle one, and those of sync do not', async () => {
    const inOneQueue = await started(sync(4))
    const inTwo = await started(threaded(4, 1))
    const trials = [await inOneQueue('probe', 1)]
    const finding = () =>
      unevenWait({
        observed: observe(trials, 2),
        recommended: sync(4),
      } as RuleContext)
    while (trials.length < MOST_TRIALS && finding() === null) {
      trials.push(await inOneQueue('race', CLIENTS), await inTwo('race', CLIENTS))
    }
    expect(finding()).toMatchObject({ id: 'TUNE-WAIT-UNEVEN', level: 'info' })
    expect(finding()?.observed).toMatch(
      /^threaded-4x1 with 4 clients: \d+ % to \d+ % of its 4 slots.*; sync-4 never used less than \d+ %/,
    )
  })
})
