import { killOwned, type Owner } from './owned-processes.js'

/**
 * Outlives the command line by a moment: when its channel closes, however the command line died, it ends every server that was
 * still up. Servers that are not ours cannot be asked to watch a channel, as the bundled one does.
 */
const owners = new Map<string, Owner>()

process.on('message', ({ watch, forget }: { watch?: Owner; forget?: string }) => {
  if (watch) owners.set(watch.mark, watch)
  if (forget !== undefined) owners.delete(forget)
})
process.on('disconnect', endAll)
// The channel may have closed while this program was being loaded. What was said before is still heard first.
setImmediate(() => {
  if (!process.connected) endAll()
})
// Ctrl-C and a closed terminal are for the command line, which stops its servers in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

function endAll(): void {
  void Promise.all([...owners.values()].map((owner) => killOwned(owner, () => false))).then(() =>
    process.exit(),
  )
}
