#!/usr/bin/env node
import { endWhenTold } from '../dist/cli/early-stop.js'

endWhenTold(process.pid === 1)
// Loaded after that, as it takes most of the time until the command runs.
const { main } = await import('../dist/cli/main.js')
await main(import.meta.url)
