import net, { type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { descriptorOf } from '../../../src/server/loop/descriptor-of.js'
import { handleClassOf, socketOf } from '../../../src/server/loop/accepted-socket.js'
import { descriptors } from '../../../src/server/native/descriptors.js'
import { libc } from '../../../src/server/native/libc.js'

const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const native = descriptors()
const inherits = native !== null && process.platform === 'linux'
const unlessInherited = inherits ? '' : ' (skipped: only Linux with koffi passes it on)'

function noDelay(fd: number): boolean {
  const getsockopt = libc()!.func(
    'int getsockopt(int fd, int level, int option, void *value, void *length)',
  ) as (...args: unknown[]) => number
  const value = new Uint32Array(1)
  expect(getsockopt(fd, 6, 1, value, Uint32Array.of(4))).toBe(0)
  return value[0] !== 0
}

/** One client, in the queue of a socket that is accepted from by hand. */
async function accepted(sendsAtOnce: boolean): Promise<net.Socket> {
  const listening = net.createServer()
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { _handle: handle } = listening as unknown as { _handle: { fd: number } }
  if (sendsAtOnce) expect(native!.sendAtOnce(handle.fd)).toBe(true)
  const HandleClass = handleClassOf(listening)!
  // A duplicate that no event loop accepts from.
  const fd = native!.duplicate(handle.fd)
  const { port } = listening.address() as AddressInfo
  listening.close()
  const client = net.connect(port, '127.0.0.1')
  cleanups.push(() => client.destroy())
  await new Promise((resolve) => client.once('connect', resolve))
  const socket = socketOf(native!.accept(fd), HandleClass, sendsAtOnce)!
  cleanups.push(() => socket.destroy())
  return socket
}

it.skipIf(!inherits).each([true, false])(
  `an accepted socket sends at once, inherited: %s${unlessInherited}`,
  async (sendsAtOnce) => {
    const socket = await accepted(sendsAtOnce)
    expect(noDelay(descriptorOf(socket))).toBe(true)
    // Node knows of it, so that an app can switch it off.
    socket.setNoDelay(false)
    expect(noDelay(descriptorOf(socket))).toBe(false)
  },
)

it.skipIf(!inherits)(
  `a socket that is no TCP socket says that nothing is inherited${unlessInherited}`,
  async () => {
    const listening = net.createServer()
    await new Promise<void>((resolve) => listening.listen(`\0tune-test-${process.pid}`, resolve))
    cleanups.push(() => listening.close())
    const { _handle: handle } = listening as unknown as { _handle: { fd: number } }
    expect(native!.sendAtOnce(handle.fd)).toBe(false)
  },
)
