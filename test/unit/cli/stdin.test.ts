import { readdirSync } from 'node:fs'
import type { Command } from '@oclif/core'
import { describe, expect, it } from 'vitest'

const FOLDER = new URL('../../../src/commands/', import.meta.url)
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'))
const args = await Promise.all(
  files.map(async (file) => {
    const { default: command } = (await import(new URL(file, FOLDER).href)) as { default: typeof Command }
    return Object.entries(command.args).map(([name, arg]) => ({ file, name, arg }))
  }),
)

describe('arguments', () => {
  // oclif reads one that is missing from stdin otherwise, and swallows the lines of a loop that calls the command.
  it.each(args.flat())('are not read from stdin: $name of $file', ({ arg }) => {
    expect(arg.ignoreStdin).toBe(true)
  })
})
