import { AsyncResource } from 'node:async_hooks'

/**
 * Under which every resource carries its ids. They have no public names, but every resource shows them. Node 22 has another kind of tick, with
 * a key that no resource shows.
 */
const symbols = Object.getOwnPropertySymbols(new AsyncResource('TICK_SHAPE'))
const NAMES = ['async_id_symbol', 'trigger_async_id_symbol']
const isKnown =
  symbols.length === NAMES.length &&
  symbols.every(({ description = '' }, index) => description === NAMES[index])
const [ASYNC_ID, TRIGGER_ID] = isKnown ? symbols : []

/** Nobody reads it: it only has to be there. */
const kept: { tick?: object } = {}

/**
 * Keeps an object of the kind in which Node queues what `process.nextTick` is given. V8 remembers their hidden class as long as one of them
 * lives, and in an idle process none does: the garbage collection after some 8 s without work forgets it, and from then on each call takes
 * four times as long, however many follow. A short request needed 28 µs of CPU in a worker that had been idle before its first client, and
 * 23 µs in one that had not (Node 20). To be repeated now and then, as V8 replaces the class when what is in it outgrows it.
 *
 * Made here and not asked for with `executionAsyncResource`, which would make each call from libuv into JavaScript slower from then on.
 */
export function keepTickShape(): void {
  if (ASYNC_ID === undefined || TRIGGER_ID === undefined) return
  // The same names in the same order as Node's have the same hidden class.
  const callback = undefined
  const args = undefined
  kept.tick = { [ASYNC_ID]: 1, [TRIGGER_ID]: 0, callback, args }
}
