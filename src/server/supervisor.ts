import type { Sockets } from './native/sockets.js'

const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

/** What a supervisor that speaks systemd's notification protocol wants to know. */
export class Supervisor {
  /** What a successor needs of the environment. The pid of the watchdog is this process, so it is left out. */
  readonly environment: NodeJS.ProcessEnv
  /** How often a sign of life is sent; Infinity where none is wanted. */
  readonly beatEveryMs: number
  /** It waits for messages that cannot be sent. */
  readonly isMute: boolean
  readonly #send: (text: string) => void
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
    this.#send = (text) => {
      if (path) native?.sendDatagram(path, text)
    }
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

  /** The arbiter's loop turns. */
  turned(nowMs: number): void {
    if (this.beatEveryMs === Infinity || nowMs - this.#beatAtMs < this.beatEveryMs) return
    this.#beatAtMs = nowMs
    this.#send('WATCHDOG=1')
  }
}
