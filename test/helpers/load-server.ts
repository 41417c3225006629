import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Address } from '../../src/result/request.js'

const PROGRAM = fileURLToPath(new URL('../integration/fixtures/load-server.mjs', import.meta.url))

export interface ServerBehaviour {
  kind: 'keep' | 'close' | 'until-close' | 'early' | 'head' | 'garbage' | 'hang' | 'blocking'
  waitMs?: number
  status?: number
  /** Hang up on every nth request. */
  every?: number
  socketPath?: string
}

export interface LoadServer {
  address: Address
  process: ChildProcess
  /** What it really did: the truth that the generator is held against. */
  report(): Promise<{ requests: number; dropped: number; medianMs: number }>
}

const started = new Set<ChildProcess>()

export async function startLoadServer(behaviour: ServerBehaviour): Promise<LoadServer> {
  const child = fork(PROGRAM, [JSON.stringify(behaviour)], { execArgv: [] })
  started.add(child)
  const [address] = (await once(child, 'message')) as [Address]
  return {
    address,
    process: child,
    async report() {
      child.send('report')
      const [report] = await once(child, 'message')
      return report
    },
  }
}

/** For `afterEach`: also after a test that failed, nothing is left. */
export async function stopLoadServers(): Promise<void> {
  for (const child of started) {
    started.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
