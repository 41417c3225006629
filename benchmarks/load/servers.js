// The servers that generators are compared on: one process each, so that the server's core and the generator's core are two.
// Run as a program: node servers.js <kind>; sends its port to the parent.
import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'

const WAIT_MS = 20
const CLOSING_WAIT_MS = 5
const COMPUTE_MS = 2

/** Monotonic milliseconds at which requests arrived, for spacing.js. */
let arrivals = []

const HANDLERS = {
  arrivals: (_request, response) => {
    arrivals.push(performance.now())
    for (const end = performance.now() + COMPUTE_MS; performance.now() < end;);
    response.end('hello')
  },
  hello: (_request, response) => response.end('hello'),
  waiting: (_request, response) => setTimeout(() => response.end('hello'), WAIT_MS),
  computing: (_request, response) => {
    for (const end = performance.now() + COMPUTE_MS; performance.now() < end;);
    response.end('hello')
  },
  closing: (_request, response) => {
    response.setHeader('Connection', 'close')
    setTimeout(() => response.end('hello'), CLOSING_WAIT_MS)
  },
}

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')

/** Answers every piece that arrives: cheaper than any HTTP server, so that the generator is the limit. */
function rawServer() {
  return createSocketServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(ANSWER))
    socket.on('error', () => socket.destroy())
  })
}

const kind = process.argv[2] ?? 'hello'
const server = kind === 'raw' ? rawServer() : createServer(HANDLERS[kind])
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => process.send?.(server.address().port))
process.on('message', (message) => {
  if (message === 'forget') arrivals = []
  process.send?.(arrivals)
})
process.on('disconnect', () => process.exit())
