import http from 'node:http'
import { get, sleep, times, type Answer, type TestServer } from './server.js'

export interface Asked {
  answers: Answer[]
  /** Requests that were not answered: refused, reset or broken off. */
  lost: string[]
}

export interface Asking {
  path?: string
  /** Clients who make a new connection each time, and clients who keep theirs. */
  closing?: number
  keeping?: number
  /** Between an answer and the next request. */
  restMs?: number
}

/**
 * Clients one request after the other until told to stop, some on kept connections, some on a new one each time.
 * Nothing is sent again: a kept connection that the server closes in a client's face counts as lost.
 */
export function keepAsking(
  server: Pick<TestServer, 'port'>,
  { path = '/', closing = 4, keeping = 0, restMs = 0 }: Asking = {},
): { answered(): number; stop(): Promise<Asked> } {
  const answers: Answer[] = []
  const lost: string[] = []
  let stopped = false
  const agents: http.Agent[] = []
  const client = async (agent: http.Agent | false) => {
    while (!stopped) {
      await get(server.port, path, { agent }).then(
        (answer) => answers.push(answer),
        (error: unknown) => lost.push(String(error)),
      )
      if (restMs > 0) await sleep(restMs)
    }
  }
  const keeper = () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    agents.push(agent)
    return client(agent)
  }
  const clients = [...times(closing, () => client(false)), ...times(keeping, keeper)]
  return {
    answered: () => answers.length,
    stop: async () => {
      stopped = true
      await Promise.all(clients)
      for (const agent of agents) agent.destroy()
      return { answers, lost }
    },
  }
}
