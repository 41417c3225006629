import { randomUUID } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TAIL_BYTES = 4000
const TAIL_LINES = 8

/**
 * Where a server prints. A file without a name rather than a pipe: what it prints per request is no work for the process that
 * decides when trials start, and is gone with the last process that holds it.
 */
export class OutputFile {
  private readonly file: FileHandle

  private constructor(file: FileHandle) {
    this.file = file
  }

  static async create(): Promise<OutputFile> {
    const path = join(tmpdir(), `tune-output-${randomUUID()}`)
    const file = await open(path, 'ax+', 0o600)
    await rm(path)
    return new OutputFile(file)
  }

  get descriptor(): number {
    return this.file.fd
  }

  /** The last lines, indented for a message; empty when nothing was printed. */
  async lastLines(): Promise<string> {
    const { size } = await this.file.stat()
    const length = Math.min(size, TAIL_BYTES)
    const { buffer } = await this.file.read(Buffer.alloc(length), 0, length, size - length)
    const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-TAIL_LINES)
    return lines.join('').trim() === '' ? '' : `\nLast lines of the server:\n  ${lines.join('\n  ')}`
  }

  close(): Promise<void> {
    return this.file.close()
  }
}
