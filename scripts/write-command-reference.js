// Writes docs/commands.md from the commands themselves: their summaries, arguments, flags and examples. A test fails when they differ.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commandReference } from './command-reference.js'

const root = new URL('../', import.meta.url)
const options = { cwd: fileURLToPath(root), stdio: 'inherit' }
execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], options)
writeFileSync(new URL('docs/commands.md', root), await commandReference(fileURLToPath(root)))
execFileSync('npx', ['--no-install', 'prettier', '--write', 'docs/commands.md'], options)
