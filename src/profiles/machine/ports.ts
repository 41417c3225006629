/** The file system as far as detection needs it; tests bring trees of text. */
export interface TextFiles {
  /** Content, or `null` where the file is missing or may not be read. */
  read(path: string): string | null
  isDirectory(path: string): boolean
}

/** What the operating system says without files. Bytes, counts, and load averages over 1, 5 and 15 minutes. */
export interface Host {
  readonly platform: string
  readonly kernel: string
  readonly nodeVersion: string
  /** One model name per logical CPU. */
  cpuModels(): string[]
  availableParallelism(): number
  totalMemoryBytes(): number
  freeMemoryBytes(): number
  loadAverage(): number[]
  /** Slow (it starts processes), so it is asked once. Fields are `null` where nothing is known. */
  processor(): Promise<{ physicalCores: number | null; model: string | null }>
}

/** How /proc names a process: by its number, or this one. */
export type ProcessName = number | 'self'

/** A value with the file or call that it was read from. */
export interface Reading<T> {
  value: T
  source: string
}
