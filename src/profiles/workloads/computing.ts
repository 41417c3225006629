import { pbkdf2Sync } from 'node:crypto'
import { sameWork } from './work.js'

const PILOT_ROUNDS = { loop: 200_000, offloop: 2_000 }
/** The least disturbed of a few pilots: whatever else runs on the machine only ever adds time. */
const PILOTS = 7

const WORK = {
  loop: (rounds: number): unknown => sameWork(rounds),
  offloop: (rounds: number): unknown => pbkdf2Sync('tune', 'salt', rounds, 32, 'sha256'),
}

/** Rounds that take `cpuMs` of CPU on a core of its own. Takes about 100 ms. */
export function countRounds(kind: keyof typeof WORK, cpuMs: number): number {
  const work = WORK[kind]
  const rounds = PILOT_ROUNDS[kind]
  work(rounds) // The first call compiles.
  const pilotsUs = Array.from({ length: PILOTS }, () => cpuUs(() => work(rounds)))
  const usPerRound = Math.min(...pilotsUs) / rounds
  return Math.max(1, Math.round((cpuMs * 1000) / usPerRound))
}

function cpuUs(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return Math.max(1, user + system)
}
