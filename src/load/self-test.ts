import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { LoadOutcome } from '../result/trial.js'
import { engineError } from './engine-check.js'
import { monotonicMs } from '../result/monotonic-clock.js'
import { startTrial } from './measure.js'
import { mergeMeasurements } from './outcome.js'

const CONNECTIONS = 2
const WINDOW_SECONDS = 0.12
const SERVICE_MS = 5

interface Case {
  name: string
  /** Answers the nth request on this server. */
  answer: (socket: Socket, request: number) => void
  /** What must hold; the text says what does not. */
  complaint: (outcome: LoadOutcome, served: number) => string | null
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n'

const CASES: Case[] = [
  {
    name: 'a server that closes after each answer',
    answer: (socket) => setTimeout(() => socket.end(`${ANSWER}Connection: close\r\n\r\nok`), SERVICE_MS),
    complaint: ({ connects, latencyUs, requests, windowSeconds }) => {
      if (requests.lost + requests.errors > 0) return 'answered requests were counted as lost'
      if (connects < requests.done) return 'a closed connection was used again'
      // Unrepaired, answers meet the wrong requests and the latency grows with the length of the run.
      if ((latencyUs.p50 ?? 0) < SERVICE_MS * 900) return 'the latency is below the service time'
      return (latencyUs.p50 ?? 0) > windowSeconds * 1e6 * 0.4 ? 'latencies grow with the run' : null
    },
  },
  {
    name: 'a server that keeps connections open',
    answer: (socket) => socket.write(`${ANSWER}\r\nok`),
    complaint: ({ connects, requests }) => {
      if (requests.lost + requests.errors > 0) return 'answered requests were counted as lost'
      return connects === CONNECTIONS ? null : 'connections were not kept'
    },
  },
  {
    name: 'a server that drops every third request',
    answer: (socket, request) => {
      if (request % 3 === 0) socket.end()
      else setTimeout(() => socket.write(`${ANSWER}\r\nok`), 1)
    },
    complaint: ({ requests }, served) => {
      // Requests of the other two kinds cross the edges of the window, so the count is near a third, not equal.
      const expected = requests.sent / 3
      if (Math.abs(requests.lost - expected) > 2 * CONNECTIONS)
        return 'dropped requests were not counted as lost'
      return served >= requests.sent ? null : 'more requests were counted than sent'
    },
  },
]

/**
 * Runs the engine for half a second against three tiny servers and throws `TUNE_E_ENGINE` when what it reports is not
 * what they did: a new autocannon version may have changed what the repair stands on.
 */
export async function verifyEngine(): Promise<void> {
  for (const { name, answer, complaint } of CASES) {
    const { outcome, served } = await runAgainst(answer)
    const { sent, done, errors, lost, inFlight } = outcome.requests
    const wrong =
      (done === 0 ? 'no answer was counted' : null) ??
      (sent === done + errors + lost + inFlight ? null : 'the account of requests does not balance') ??
      complaint(outcome, served) ??
      (outcome.concurrency > CONNECTIONS * 1.05
        ? 'more requests were under way than there are connections'
        : null)
    if (wrong) throw engineError(`with ${name}, ${wrong}`)
  }
}

async function runAgainst(answer: Case['answer']): Promise<{ outcome: LoadOutcome; served: number }> {
  const sockets = new Set<Socket>()
  let served = 0
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    // The engine sends one small request at a time, which arrives as one piece.
    socket.on('data', () => answer(socket, ++served))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const trial = startTrial(
    {
      address: { host: '127.0.0.1', port },
      request: { method: 'GET', path: '/', headers: {}, body: null },
      connections: CONNECTIONS,
      rampSeconds: 0.03,
      windowSeconds: WINDOW_SECONDS,
      timeoutSeconds: 1,
    },
    monotonicMs(),
  )
  try {
    return { outcome: mergeMeasurements([await trial.measured], CONNECTIONS), served }
  } finally {
    await trial.stop()
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
}
