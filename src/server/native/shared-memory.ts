import { ftruncateSync, openSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { libc, viewOf, type Library } from './libc.js'

const MFD_CLOEXEC = 1
const PROT_READ_WRITE = 3
const MAP_SHARED = 1
/** MAP_FAILED, -1 as an address. */
const MAP_FAILED = 0xffffffffffffffffn

/**
 * Memory that processes share through an inherited descriptor. It has no name and is gone with the last process that holds it.
 *
 * @returns the descriptor, or `null` where koffi or the system does not offer it.
 */
export function createSharedMemory(bytes: number): number | null {
  const library = libc()
  if (library === null) return null
  try {
    const fd = namelessFile(library)
    ftruncateSync(fd, bytes)
    return fd
  } catch {
    return null
  }
}

/** @returns `null` when it cannot be mapped. */
export function mapSharedMemory(fd: number, bytes: number): ArrayBuffer | null {
  const mmap = libc()?.func(
    'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
  ) as ((...args: unknown[]) => bigint | null) | undefined
  const address = mmap?.(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0) ?? MAP_FAILED
  return address === MAP_FAILED ? null : viewOf(address, bytes)
}

function namelessFile(library: Library): number {
  if (process.platform === 'linux') {
    const create = library.func('int memfd_create(const char *name, unsigned int flags)') as (
      name: string,
      flags: number,
    ) => number
    const fd = create('tune-load-board', MFD_CLOEXEC)
    if (fd !== -1) return fd
  }
  const path = join(tmpdir(), `tune-load-board-${process.pid}-${process.hrtime.bigint()}`)
  const fd = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return fd
}
