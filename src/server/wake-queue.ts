/** What the arbiter has to handle, in order of arrival. Whoever adds something also wakes the arbiter. */
export class WakeQueue<Item> {
  readonly #items: Item[] = []
  #wake: (() => void) | null = null

  push(item: Item): void {
    this.#items.push(item)
    this.wake()
  }

  shift(): Item | undefined {
    return this.#items.shift()
  }

  wake(): void {
    this.#wake?.()
  }

  /**
   * Sleeps so long, or until woken. Returns at once while items wait. What came in during the sleep is read first: an
   * arbiter that got no core for a second must not judge workers by heartbeats older than those in its pipes.
   */
  async sleep(milliseconds: number): Promise<void> {
    if (this.#items.length > 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => setImmediate(resolve), milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        setImmediate(resolve)
      }
    })
    this.#wake = null
  }
}
