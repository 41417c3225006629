import type net from 'node:net'
import type { ListenRequest } from './listen-arguments.js'

/**
 * Makes a server look bound to the code that called `listen` on it: `listening`, `address()`, the `listening` event and
 * callback on a later turn, and a `close()` that works. It holds no socket.
 */
export function pretendListening(
  server: net.Server,
  address: () => net.AddressInfo | string | null,
  request: ListenRequest,
): void {
  if (server.listening) {
    const message = 'Listen method has been called more than once without closing.'
    throw Object.assign(new Error(message), { code: 'ERR_SERVER_ALREADY_LISTEN' })
  }
  let listening = true
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `apply` below
  const original = server.close

  Object.defineProperties(server, {
    listening: { configurable: true, get: () => listening },
    address: { configurable: true, writable: true, value: () => (listening ? address() : null) },
    close: {
      configurable: true,
      writable: true,
      value: function close(this: net.Server, ...args: [((error?: Error) => void)?]) {
        if (!listening) return original.apply(this, args)
        listening = false
        // Given the callback, Node's close would report ERR_SERVER_NOT_RUNNING to it, for there is no socket.
        const [callback] = args
        if (callback) this.once('close', () => callback())
        return original.call(this)
      },
    },
  })
  if (request.callback) server.once('listening', request.callback)
  request.signal?.addEventListener('abort', () => listening && server.close(), { once: true })
  process.nextTick(() => listening && server.emit('listening'))
}
