import type { Sockets } from './native/sockets.js'

/** A message that cannot be sent is tried again at so many turns of the arbiter's loop, a minute or so. */
const MOST_TRIES = 120
/** More are not worth keeping: what comes later says more. */
const MOST_WAITING = 8

const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

/** What a supervisor that speaks systemd's notification protocol wants to know. */
export class Supervisor {
  /** What a successor needs of the environment. The pid of the watchdog is this process, so it is left out. */
  readonly environment: NodeJS.ProcessEnv
  /** How often a sign of life is sent; Infinity where none is wanted. */
  readonly beatEveryMs: number
  /** It waits for messages that cannot be sent. */
  readonly isMute: boolean
  readonly #post: (text: string) => boolean
  /** What could not be sent, as the reader's queue was full. */
  #waiting: string[] = []
  #tries = 0
  #beatAtMs = -Infinity

  /**
   * Takes the variables out of the environment: they are meant for the arbiter and not for the app.
   *
   * @param native `null` where koffi cannot be loaded; nothing can be sent then.
   */
  constructor(env: NodeJS.ProcessEnv, pid: number, native: Pick<Sockets, 'sendDatagram'> | null) {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC: watchdog, WATCHDOG_PID: watched } = env
    for (const name of VARIABLES) Reflect.deleteProperty(env, name)
    this.isMute = Boolean(path) && native === null
    this.environment = {
      ...(path === undefined ? {} : { NOTIFY_SOCKET: path }),
      ...(watchdog === undefined ? {} : { WATCHDOG_USEC: watchdog }),
    }
    const isOurs = watched === undefined || Number(watched) === pid
    const limitMs = isOurs && path && /^[1-9]\d*$/.test(watchdog ?? '') ? Number(watchdog) / 1000 : Infinity
    // Half of the limit is what systemd asks for; the arbiter's own turn comes on top of it.
    this.beatEveryMs = limitMs / 4
    this.#post = (text) => !path || native === null || native.sendDatagram(path, text)
  }

  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${status}`)
  }

  /** systemd orders it by the monotonic clock against its own request. */
  reloading(monotonicUs: bigint): void {
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${monotonicUs}\nSTATUS=Reloading`)
  }

  stopping(): void {
    this.#send('STOPPING=1\nSTATUS=Stopping')
  }

  /** Another process is the server from now on. */
  successor(pid: number): void {
    this.#send(`MAINPID=${pid}\nREADY=1`)
  }

  /** What it shows about a server that is ready. */
  status(text: string): void {
    this.#send(`STATUS=${text}`)
  }

  /** The arbiter's loop turns. */
  turned(nowMs: number): void {
    this.#sendWaiting()
    if (this.beatEveryMs === Infinity || nowMs - this.#beatAtMs < this.beatEveryMs) return
    this.#beatAtMs = nowMs
    // The next one is as good as this one, so it is not kept.
    this.#post('WATCHDOG=1')
  }

  /** In the order in which they came: READY after RELOADING is not the same as before it. */
  #send(text: string): void {
    this.#waiting = [...this.#waiting, text].slice(-MOST_WAITING)
    this.#sendWaiting()
  }

  #sendWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const sent = this.#post(next)
      this.#tries = sent ? 0 : this.#tries + 1
      if (!sent && this.#tries < MOST_TRIES) return
      this.#tries = 0
      this.#waiting.shift()
    }
  }
}
