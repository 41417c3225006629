import { describe, expect, it } from 'vitest'
import {
  parseContextSwitches,
  parsePeakRss,
  readActivity,
  sumActivity,
} from '../../../src/targets/proc-activity.js'
import { parseSmapsRollup, readMemory } from '../../../src/targets/proc-memory.js'
import { helpersOf, cpuSecondsOf, parseStat, readProcess, treeOf } from '../../../src/targets/process-tree.js'

const onLinux = process.platform === 'linux'

describe('parseStat', () => {
  it('is not confused by a name with spaces and parentheses', () => {
    const rest = 'S 10 20 20 0 -1 4194560 1 0 0 0 250 150 70 5 20 0 11 0 1 1 1'
    expect(parseStat(`42 (a) b (c) ${rest}\n`)).toEqual({
      pid: 42,
      state: 'S',
      parentPid: 10,
      groupId: 20,
      cpuSeconds: 4,
      reapedCpuSeconds: 0.75,
    })
  })

  it('refuses what is no stat line', () => {
    expect(parseStat('')).toBeNull()
  })
})

describe('treeOf', () => {
  const process = (pid: number, parentPid: number) => ({
    pid,
    parentPid,
    groupId: 1,
    state: 'S',
    cpuSeconds: 0,
    reapedCpuSeconds: 0,
  })

  it('finds all descendants and nobody else, wherever they stand in the list', () => {
    const all = [process(5, 4), process(9, 8), process(4, 2), process(2, 1), process(3, 2), process(8, 1)]
    expect(treeOf(2, all).map(({ pid }) => pid)).toEqual([2, 4, 3, 5])
    expect(treeOf(77, all)).toEqual([])
  })
})

describe('CPU of processes that have ended', () => {
  const process = (pid: number, parentPid: number, cpuSeconds: number, reapedCpuSeconds = 0) => ({
    ...{ pid, parentPid, groupId: 1, state: 'S', cpuSeconds, reapedCpuSeconds },
  })

  it('counts with the tree, whether a helper still runs or a worker has been replaced', () => {
    const before = [process(2, 1, 1), process(3, 2, 10), process(4, 3, 2)]
    const helperEnded = [process(2, 1, 1), process(3, 2, 10, 2)]
    const workerReplaced = [process(2, 1, 1, 12), process(5, 2, 0)]
    expect([before, helperEnded, workerReplaced].map(cpuSecondsOf)).toEqual([13, 13, 13])
  })

  it("is a worker's own, with that of children that run, and never what its arbiter has waited for", () => {
    const all = [process(2, 1, 1, 50), process(3, 2, 10, 4), process(6, 3, 2, 1), process(7, 2, 5, 8)]
    expect(helpersOf(3, 2, all)).toEqual({ running: [all[2]], cpuSeconds: 7 })
    expect(helpersOf(7, 2, all)).toEqual({ running: [], cpuSeconds: 8 })
    expect(helpersOf(9, 2, all)).toEqual({ running: [], cpuSeconds: 0 })
  })

  it('leaves out a process that only has the number of a worker in another container', () => {
    expect(helpersOf(3, 2, [process(3, 1, 10, 4)])).toEqual({ running: [], cpuSeconds: 0 })
  })
})

describe('parseSmapsRollup', () => {
  it('takes RSS and PSS, and not the parts of PSS', () => {
    const text =
      'aaaa-bbbb ---p 00000000 00:00 0 [rollup]\nRss:  2048 kB\nPss_Dirty: 1 kB\nPss:  1024 kB\nPss_Anon: 7 kB\n'
    expect(parseSmapsRollup(text)).toEqual({
      ...{ rssBytes: 2048 * 1024, pssBytes: 1024 * 1024, privateBytes: null },
    })
    const apart = `${text}Private_Clean:  3 kB\nPrivate_Dirty:  5 kB\n`
    expect(parseSmapsRollup(apart)?.privateBytes).toBe(8 * 1024)
    expect(parseSmapsRollup('')).toBeNull()
  })
})

describe('what /proc/<pid>/status says of activity', () => {
  const text = 'VmHWM:\t  2048 kB\nvoluntary_ctxt_switches:\t30\nnonvoluntary_ctxt_switches:\t4\n'

  it('tells waiting from giving way', () => {
    expect(parseContextSwitches(text)).toEqual({ voluntarySwitches: 30, involuntarySwitches: 4 })
    expect(parseContextSwitches('')).toEqual({ voluntarySwitches: 0, involuntarySwitches: 0 })
    expect(parsePeakRss(text)).toBe(2048 * 1024)
    expect(parsePeakRss('')).toBeNull()
  })

  it('adds processes up, and knows no sum with an unknown part', () => {
    const one = { voluntarySwitches: 1, involuntarySwitches: 2, peakRssBytes: 3 }
    expect(sumActivity([one, one])).toEqual({ voluntarySwitches: 2, involuntarySwitches: 4, peakRssBytes: 6 })
    expect(sumActivity([one, { ...one, peakRssBytes: null }]).peakRssBytes).toBeNull()
  })
})

describe.runIf(onLinux)('reading /proc', () => {
  it('counts the peak of memory anew from one reading to the next', async () => {
    const before = await readActivity(process.pid)
    const held = Buffer.alloc(64 * 2 ** 20, 1)
    const with64 = await readActivity(process.pid)
    expect(held.at(-1)).toBe(1)
    expect(with64.peakRssBytes).toBeGreaterThanOrEqual(60 * 2 ** 20)
    expect(with64.voluntarySwitches).toBeGreaterThanOrEqual(before.voluntarySwitches)
    // Where the peak cannot be set back it stays; it never falls below what is in use.
    expect((await readActivity(process.pid)).peakRssBytes).toBeLessThanOrEqual(
      (with64.peakRssBytes ?? 0) * 1.2,
    )
    expect((await readActivity(2 ** 30)).peakRssBytes).toBeNull()
  })

  it('knows this process', async () => {
    const memory = await readMemory(process.pid)
    expect(memory?.pssBytes).toBeGreaterThan(0)
    expect(memory?.pssBytes).toBeLessThanOrEqual(memory?.rssBytes ?? 0)
    expect(memory?.privateBytes).toBeGreaterThan(0)
    expect(memory?.privateBytes).toBeLessThanOrEqual(memory?.pssBytes ?? 0)
    expect(await readProcess(process.pid)).toMatchObject({ pid: process.pid, parentPid: process.ppid })
  })

  it('has nothing to say about a process that is gone', async () => {
    expect(await readMemory(2 ** 30)).toBeNull()
    expect(await readProcess(2 ** 30)).toBeNull()
  })
})
