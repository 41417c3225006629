import type { Configuration } from '../result/configuration.js'
import { formatChange, formatEffect } from '../result/effect-text.js'
import { worksOnSeveralThreads } from '../result/several-threads.js'
import { slowEachOther } from '../result/slowed.js'

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

/** CPU as a part of the response time, which several threads can use up more than once. */
export function shareOfResponse(cpuShare: number): string {
  return `${percent(cpuShare)}${worksOnSeveralThreads(cpuShare) ? ', as it works on several threads' : ''}`
}

/** "1 request under way", "6.5 requests under way". */
export function underWay(requests: number): string {
  const text = number(requests)
  return `${text} ${text === '1' ? 'request' : 'requests'} under way`
}

/** "1 block", "3 blocks". */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** A ratio as a signed change, as everywhere in a report: 1.05 is "+5.0 %", 40 is "40.0 times". */
export const change = formatChange

/** "+5.0 % (+2.0 % to +8.0 %)". */
export const changeWithInterval = formatEffect

/** "about 12 requests of one worker proceed at a time", from throughput under overload times the response time alone. */
export function proceedText(atATime: number): string {
  if (slowEachOther({ downstreamConcurrency: atATime })) {
    return `requests of one worker slow each other down: all together do as much as ${number(atATime)} alone`
  }
  const about = number(atATime)
  return about === '1'
    ? 'about 1 request of one worker proceeds at a time'
    : `about ${about} requests of one worker proceed at a time`
}

/** In MiB; what is less than half of one in KiB, so that nothing reads as 0 that is not. */
export function mebibytes(bytes: number): string {
  const isTiny = bytes > 0 && bytes < 2 ** 19
  return isTiny ? `${Math.max(1, Math.round(bytes / 2 ** 10))} KiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}

/** "2 async workers", "2 threaded workers × 3 threads", as reports name them. */
export function inWords({ workerClass, workers, threads, threadPool }: Configuration): string {
  const processes = `${workers} ${workerClass} ${workers === 1 ? 'worker' : 'workers'}`
  const loops = threads === 1 ? '' : ` × ${threads} threads`
  return `${processes}${loops}${threadPool === undefined ? '' : ` with ${threadPool} libuv threads`}`
}
