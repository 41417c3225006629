import { createRequire } from 'node:module'
import type { LibraryHandle } from 'koffi'

export type Library = LibraryHandle

let library: Library | null | undefined

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
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
    return koffi.load(null)
  } catch {
    return null
  }
}
