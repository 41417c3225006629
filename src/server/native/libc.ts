import { createRequire } from 'node:module'
import type { LibraryHandle } from 'koffi'

export type Library = LibraryHandle

type Koffi = typeof import('koffi')

let library: Library | null | undefined
let loaded: Koffi | null = null

/**
 * The C library of this process, or `null` where koffi has no binary for the platform or was switched off with
 * `TUNE_NATIVE=off`. Whoever asks must be able to go on without it.
 */
export function libc(): Library | null {
  library ??= load()
  return library
}

function load(): Library | null {
  if (process.env.TUNE_NATIVE === 'off') return null
  try {
    // `require`, because the answer is needed synchronously and a missing binary must not end the process.
    loaded = createRequire(import.meta.url)('koffi') as Koffi
    return loaded.load(null)
  } catch {
    return null
  }
}

/** Memory at an address as an `ArrayBuffer`; only after `libc` gave a library. */
export function viewOf(address: bigint, bytes: number): ArrayBuffer | null {
  return loaded?.view(address, bytes) ?? null
}
