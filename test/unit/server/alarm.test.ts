import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Alarm } from '../../../src/server/loop/alarm.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

function ringing(): { alarm: Alarm; rings: number[] } {
  const rings: number[] = []
  const startMs = performance.now()
  return { alarm: new Alarm(() => rings.push(performance.now() - startMs)), rings }
}

it('rings once, when it was set to', () => {
  const { alarm, rings } = ringing()
  alarm.set(50)
  vi.advanceTimersByTime(200)
  expect(rings).toEqual([50])
})

it('follows the last setting, later or earlier', () => {
  const { alarm, rings } = ringing()
  alarm.set(50)
  vi.advanceTimersByTime(40)
  alarm.set(50)
  vi.advanceTimersByTime(160)
  alarm.set(50)
  alarm.set(5)
  vi.advanceTimersByTime(100)
  expect(rings).toEqual([90, 205])
})

it('is silent when it was cleared, and rings when it was set again', () => {
  const { alarm, rings } = ringing()
  alarm.set(50)
  alarm.clear()
  vi.advanceTimersByTime(100)
  alarm.set(50)
  vi.advanceTimersByTime(100)
  expect(rings).toEqual([150])
})

it('needs one timer for any number of settings', () => {
  const { alarm } = ringing()
  for (let count = 0; count < 100; count += 1) {
    alarm.set(50)
    alarm.clear()
  }
  expect(vi.getTimerCount()).toBe(1)
})
