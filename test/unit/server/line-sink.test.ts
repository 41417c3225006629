import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LineSink } from '../../../src/server/loop/line-sink.js'
import { sleep, times, until } from '../../helpers/server.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-sink-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true })
})

const linesOf = (length: number, from: number) =>
  Buffer.from(times(length, (index) => `${'x'.repeat(90)} ${from + index}\n`).join(''))

/** A named pipe that nobody reads from, and one end that takes what is in it; `null` when there is nothing. */
function pipe(): { path: string; take: () => string | null; close: () => void } {
  const path = join(directory, 'pipe')
  execFileSync('mkfifo', [path])
  // Both ends: whoever opens a pipe for writing alone waits for a reader. Not waiting holds for the reader and not for the sink.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const bytes = Buffer.alloc(64 * 1024)
  const take = () => {
    try {
      return bytes.toString('latin1', 0, readSync(fd, bytes))
    } catch {
      return null
    }
  }
  return { path, take, close: () => closeSync(fd) }
}

describe('LineSink', () => {
  it('appends to a file', () => {
    const path = join(directory, 'log')
    const sink = new LineSink(path)
    sink.write(linesOf(1000, 0))
    sink.write(linesOf(2, 1000))
    expect(readFileSync(path, 'utf8')).toBe(linesOf(1002, 0).toString())
  })

  it('loses nothing to a reader who is late', async () => {
    const { path, take, close } = pipe()
    const sink = new LineSink(path)
    for (const part of times(10, (index) => linesOf(500, index * 500))) sink.write(part)
    let text = ''
    await until('all of it is read', () => {
      text += take() ?? ''
      return text.split('\n').length > 5000
    })
    expect(text).toBe(linesOf(5000, 0).toString())
    await sink.emptied(0)
    close()
  })

  it('loses whole lines to a reader who stays away, and says how many', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue()
    const { path, take, close } = pipe()
    const sink = new LineSink(path)
    for (const part of times(40, (index) => linesOf(500, index * 500))) sink.write(part)
    expect(said.mock.calls.flat()).toEqual([
      'The access log is not read as fast as it is written: lines are lost',
    ])
    let text = ''
    await until('the rest is read', () => {
      text += take() ?? ''
      return said.mock.calls.length === 2 && take() === null
    })
    const lost = Number(/^(\d+) lines of the access log were lost$/.exec(String(said.mock.calls[1]))?.[1])
    const read = text.split('\n').slice(0, -1)
    expect(lost).toBeGreaterThan(0)
    expect(read.length + lost).toBe(20_000)
    expect(read.filter((line) => !/^x{90} \d+$/.test(line))).toEqual([])
    close()
  })

  it('says how many lines were lost that nobody had read in the end', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue()
    const { path, take, close } = pipe()
    const sink = new LineSink(path)
    for (const part of times(4, (index) => linesOf(500, index * 500))) sink.write(part)
    expect(said).not.toHaveBeenCalled()
    await sink.emptied(0)
    const lost = Number(/^(\d+) lines of the access log were lost$/.exec(String(said.mock.calls[0]))?.[1])
    expect((take() ?? '').split('\n').length - 1 + lost).toBe(2000)
    // Nor does it come afterwards.
    await sleep(100)
    expect(take()).toBeNull()
    close()
  })

  it.runIf(existsSync('/dev/full'))(
    'goes on with a full disk, and says that it is one (needs /dev/full)',
    async () => {
      const said = vi.spyOn(console, 'error').mockReturnValue()
      const sink = new LineSink('/dev/full')
      for (const part of times(3, (index) => linesOf(10, index * 10))) sink.write(part)
      expect(said.mock.calls.flat()).toEqual([
        expect.stringMatching(/^The access log cannot be written, lines are lost: ENOSPC/),
      ])
      await sink.emptied(0)
      expect(said).toHaveBeenLastCalledWith('30 lines of the access log were lost')
    },
  )

  it('does not wait for somebody to read from a named pipe', () => {
    const path = join(directory, 'pipe')
    execFileSync('mkfifo', [path])
    expect(() => new LineSink(path)).toThrow('Cannot open the access log: ENXIO')
  })
})
