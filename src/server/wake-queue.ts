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

  /** Sleeps so long, or until woken. Returns at once while items wait. */
  async sleep(milliseconds: number): Promise<void> {
    if (this.#items.length > 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }
}
