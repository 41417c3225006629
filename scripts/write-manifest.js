// What commands there are, with their flags and help: oclif.manifest.json, written by every build. Without it oclif imports all of them, with all
// that they stand on, before it runs one: half of the time until a command begins.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const plugin = new Plugin({
  ...{ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true },
})
await plugin.load()
writeFileSync(`${root}oclif.manifest.json`, `${JSON.stringify(plugin.manifest)}\n`)
