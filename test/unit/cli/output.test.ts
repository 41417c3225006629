import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { outputFailure, watchOutput } from '../../../src/cli/output.js'

const failing = (code: string) => Object.assign(new Error(`${code}: write`), { code })

describe('a stdout that cannot be written', () => {
  it('is told in one message', () => {
    expect(outputFailure(failing('ENOSPC'))).toBe(
      'Error: cannot write to stdout: the disk is full\n  → Make room, or send the output elsewhere\n  (TUNE_E_OUTPUT, exit 1)\n',
    )
    expect(outputFailure(failing('EWHAT'))).toContain('EWHAT: write')
  })

  it('is no matter when its reader has gone', () => expect(outputFailure(failing('EPIPE'))).toBeNull())

  it('is heard of before anybody who throws', () => {
    const stdout = new PassThrough() as unknown as NodeJS.WriteStream
    const heard: string[] = []
    stdout.on('error', () => heard.push('oclif'))
    watchOutput(stdout, (message) => heard.push(message.split('\n')[0]!))
    stdout.emit('error', failing('ENOSPC'))
    expect(heard).toEqual(['Error: cannot write to stdout: the disk is full', 'oclif'])
  })
})
