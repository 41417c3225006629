import type { Configuration } from '../result/configuration.js'

/** Numbers as they read in sentences: enough digits to tell, none to pretend. */
export function number(value: number): string {
  if (value < 0.005) return '0'
  if (value >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(2)))
}

export function milliseconds(value: number): string {
  return `${number(value)} ms`
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** "1 block", "3 blocks". */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** From here on a ratio reads better as "times" than in per cent. */
const MANY_TIMES = 3

/** A ratio as a signed change: 1.05 is "+5 %", 40 is "40 times". */
export function change(ratio: number): string {
  if (ratio >= MANY_TIMES) return `${number(ratio)} times`
  const points = (ratio - 1) * 100
  const digits = Math.abs(points) < 10 ? points.toFixed(1) : points.toFixed(0)
  return `${points > 0 ? '+' : ''}${Number(digits)} %`
}

/** "+5 % (+2 % to +8 %)". */
export function changeWithInterval(effect: {
  ratio: number
  low: number | null
  high: number | null
}): string {
  if (effect.low === null || effect.high === null) return change(effect.ratio)
  if (effect.ratio >= MANY_TIMES) {
    const [low, high] = [effect.low, effect.high].map((bound) => Number(bound.toPrecision(3)))
    return `${change(effect.ratio)} (${String(low)} to ${String(high)})`
  }
  return `${change(effect.ratio)} (${change(effect.low)} to ${change(effect.high)})`
}

/** In MiB; what is less than half of one in KiB, so that nothing reads as 0 that is not. */
export function mebibytes(bytes: number): string {
  const isTiny = bytes > 0 && bytes < 2 ** 19
  return isTiny ? `${Math.max(1, Math.round(bytes / 2 ** 10))} KiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}

/** "2 async workers", "2 threaded workers x 3 threads". */
export function inWords({ workerClass, workers, threads, threadPool }: Configuration): string {
  const processes = `${workers} ${workerClass} ${workers === 1 ? 'worker' : 'workers'}`
  const loops = threads === 1 && workerClass !== 'threaded' ? '' : ` x ${threads} threads`
  return `${processes}${loops}${threadPool === undefined ? '' : ` with ${threadPool} libuv threads`}`
}
