// Writes docs/settings.md from the table of settings in the source. A test fails when they differ.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const options = { cwd: fileURLToPath(root), stdio: 'inherit' }
execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], options)
const { settingsPage } = await import(new URL('dist/config/serve-print.js', root).href)
writeFileSync(new URL('docs/settings.md', root), settingsPage())
execFileSync('npx', ['--no-install', 'prettier', '--write', 'docs/settings.md'], options)
