/** So many pieces are kept, the latest: at one in 20 ms, those of the last forty seconds. */
const KEPT = 2048
const HEADER = 1

/** When pieces of work began, and how long they took. One thread writes, another one reads meanwhile. */
export class Track {
  static readonly bytes = (HEADER + 2 * KEPT) * Float64Array.BYTES_PER_ELEMENT
  readonly #cells: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new Float64Array(buffer)
  }

  /** @param atMs on the machine's monotonic clock */
  add(atMs: number, tookUs: number): void {
    const count = this.#cells[0] ?? 0
    const place = HEADER + 2 * (count % KEPT)
    this.#cells[place] = atMs
    this.#cells[place + 1] = tookUs
    this.#cells[0] = count + 1
  }

  /** How long the pieces took that began between the two. */
  between(fromMs: number, toMs: number): number[] {
    const count = this.#cells[0] ?? 0
    const found: number[] = []
    for (let index = Math.max(0, count - KEPT); index < count; index++) {
      const place = HEADER + 2 * (index % KEPT)
      const atMs = this.#cells[place] ?? 0
      if (atMs >= fromMs && atMs < toMs) found.push(this.#cells[place + 1] ?? 0)
    }
    return found
  }
}
