import { Session } from 'node:inspector'
import { InspectorChannel } from './inspector-channel.js'
import { pausedStack } from './paused-stack.js'

/**
 * The JavaScript stack of a thread of this process whose event loop hangs; the other threads are not stopped. The thread goes on
 * afterwards.
 *
 * @returns `null` when it cannot be had in time.
 */
export async function threadStack(threadId: number, limitMs: number): Promise<string[] | null> {
  const session = new Session()
  session.connect()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), limitMs)
  })
  try {
    return await Promise.race([late, attached(session, threadId).then(pausedStack)])
  } catch {
    return null
  } finally {
    clearTimeout(timer)
    session.disconnect()
  }
}

interface Attached {
  sessionId: string
  /** The title begins with `[worker 3]`, or `Worker 3` in older versions: the id of the thread. `workerId` is another number. */
  workerInfo: { title: string }
}

/** Node's domain for its threads passes the messages of each on. */
function attached(session: Session, threadId: number): Promise<InspectorChannel> {
  return new Promise((resolve, reject) => {
    session.on('NodeWorker.attachedToWorker', (event) => {
      const { sessionId, workerInfo } = event.params as Attached
      if (Number(/\bworker (\d+)/i.exec(workerInfo.title)?.[1]) !== threadId) return
      const channel = new InspectorChannel((message) =>
        session.post('NodeWorker.sendMessageToWorker', { sessionId, message }),
      )
      session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
        if (params.sessionId === sessionId) channel.receive(params.message)
      })
      resolve(channel)
    })
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (error) reject(error)
    })
  })
}
