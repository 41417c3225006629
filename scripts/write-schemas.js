// Writes schemas/*.schema.json from the zod schemas of the source. A test fails when they differ.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const options = { cwd: fileURLToPath(root), stdio: 'inherit' }
execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], options)
const { jsonSchemas } = await import(new URL('dist/result/json-schema.js', root).href)

mkdirSync(new URL('schemas/', root), { recursive: true })
for (const [file, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(new URL(`schemas/${file}`, root), `${JSON.stringify(schema, null, 2)}\n`)
}
