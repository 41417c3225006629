import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/**
 * A port of the loopback that was free a moment ago. Somebody else may take it before the server does: then that server
 * says so and ends. No port is given twice in a row, so that servers started together do not collide.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    if (!given.has(port)) {
      given.add(port)
      return port
    }
  }
}

const given = new Set<number>()
