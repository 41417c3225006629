import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { Config } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../helpers/cli.js'

const config = await Config.load({ root: ROOT })
const commands = config.commands.filter(({ pluginName }) => pluginName === config.pjson.name)

describe('help', () => {
  it.each(commands.map((command) => [command.id, command] as const))(
    'of %s has a summary, a description and examples',
    (_, command) => {
      expect(command.summary).toMatch(/^[a-z]/)
      expect(command.description?.length).toBeGreaterThan(40)
      expect(command.examples?.length).toBeGreaterThan(0)
      for (const flag of Object.values(command.flags)) expect(flag.summary ?? flag.description).toBeTruthy()
    },
  )

  it('is the reference in docs/commands.md (npm run docs:commands)', async () => {
    const { commandReference } = (await import(join(ROOT, 'scripts/command-reference.js'))) as {
      commandReference: (root: string) => Promise<string>
    }
    const path = join(ROOT, 'docs/commands.md')
    const options = await resolveConfig(path)
    const expected = await format(await commandReference(ROOT), { ...options, parser: 'markdown' })
    expect(readFileSync(path, 'utf8')).toBe(expected)
  })

  it('names every command in the README', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    for (const { id } of commands) expect(readme).toContain(`| \`tune ${id}`)
  })

  it('completes commands and flags in a shell', () => {
    const { status, stdout } = spawnSync(process.execPath, ['bin/run.js', 'autocomplete', 'bash'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
    expect(status).toBe(0)
    expect(stdout).toContain('Setup Instructions for TUNE CLI Autocomplete')
  })
})
