import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { readTrials } from '../../src/result/read.js'
import { sync, trial } from '../helpers/documents.js'

const store = new URL('../../dist/result/store.js', import.meta.url).href

/** Appends one trial after the other and says so, for ever. */
const writer = `
  const { ResultStore } = await import(${JSON.stringify(store)})
  const [, out, trial] = process.argv
  const store = await ResultStore.create({ subject: 'app', startedAt: new Date(), out })
  for (let id = 0; ; id++) {
    await store.appendTrial({ ...JSON.parse(trial), id })
    console.log(id)
  }`

it('a killed run leaves every trial that it finished', async () => {
  const out = await mkdtemp(join(tmpdir(), 'tune-crash-'))
  const arguments_ = ['--input-type=module', '-e', writer, out, JSON.stringify(trial(0, sync(2)))]
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let finished = -1
    for await (const line of createInterface({ input: child.stdout })) {
      finished = Number(line)
      if (finished === 25) child.kill('SIGKILL')
    }
    const trials = await readTrials(join(out, 'trials.jsonl'))
    expect(finished).toBeGreaterThanOrEqual(25)
    expect(trials.length).toBeGreaterThan(finished)
    expect(trials.map(({ id }) => id)).toEqual(trials.map((_, index) => index))
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await rm(out, { recursive: true, force: true })
  }
})
