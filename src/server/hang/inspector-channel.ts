import type { Inspector } from './paused-stack.js'

/** One connection to an inspector, over whatever carries its texts. */
export class InspectorChannel implements Inspector {
  readonly #post: (text: string) => void
  readonly #answered = new Map<number, () => void>()
  readonly #listeners = new Map<string, (params: unknown) => void>()
  #nextId = 1

  constructor(post: (text: string) => void) {
    this.#post = post
  }

  send(method: string, params: object = {}): Promise<void> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#answered.set(id, resolve)
      this.#post(JSON.stringify({ id, method, params }))
    })
  }

  on(event: string, listener: (params: unknown) => void): void {
    this.#listeners.set(event, listener)
  }

  /** A text from the other side. */
  receive(text: string): void {
    const message = JSON.parse(text) as { id?: number; method?: string; params?: unknown }
    if (message.id !== undefined) this.#answered.get(message.id)?.()
    if (message.method !== undefined) this.#listeners.get(message.method)?.(message.params)
  }
}
