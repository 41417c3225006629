import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assertSameFingerprint, fingerprintOf, readPlan, type RunPlan } from '../../../src/result/run-plan.js'
import { ResultStore } from '../../../src/result/store.js'
import { benchDocument, sync, trial } from '../../helpers/documents.js'
import { FAKE_REQUEST, fakeMachine } from '../../helpers/fakes.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tune-resume-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const fingerprint = fingerprintOf(fakeMachine(), '1.0.0')
const plan: Omit<RunPlan, 'planVersion'> = {
  command: 'bench',
  fingerprint,
  overrides: { cpus: 2 },
  app: null,
  workloads: ['io'],
  axes: { classes: ['sync'], workers: [1], threads: [1], connections: [8] },
  request: FAKE_REQUEST,
  windowSeconds: 1,
  blocks: 3,
  seed: 4,
}

async function cutRun(): Promise<void> {
  const store = await ResultStore.create({ subject: 'bench', startedAt: new Date(), out: folder })
  await store.makeResumable(plan)
  for (const id of [0, 1]) await store.appendTrial(trial(id, sync(2)))
  await store.close()
}

describe('a run that was cut', () => {
  it('gives its plan and its trials back, and takes more', async () => {
    await cutRun()
    expect(await readPlan(folder)).toEqual({ planVersion: 1, ...plan })
    const store = await ResultStore.resume(folder)
    expect(store.recorded.map(({ id }) => id)).toEqual([0, 1])
    await store.appendTrial(trial(2, sync(2)))
    await store.close()
    const again = await ResultStore.resume(folder)
    expect(again.recorded.map(({ id }) => id)).toEqual([0, 1, 2])
    await again.close()
  })

  it('has a torn tail cut off, so that the next trial has a line of its own', async () => {
    await cutRun()
    const path = join(folder, 'trials.jsonl')
    const whole = await readFile(path, 'utf8')
    for (const tail of ['{"id":2,"pha', JSON.stringify(trial(2, sync(2)))]) {
      await writeFile(path, whole)
      await appendFile(path, tail)
      const store = await ResultStore.resume(folder)
      expect(store.recorded).toHaveLength(2)
      await store.appendTrial(trial(2, sync(3)))
      await store.close()
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
      expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([0, 1, 2])
    }
  })

  it('is refused when it is complete, and resumed when its document says interrupted', async () => {
    await cutRun()
    await writeFile(
      join(folder, 'result.json'),
      JSON.stringify({ ...benchDocument(), status: 'interrupted' }),
    )
    await (await ResultStore.resume(folder)).close()
    await writeFile(join(folder, 'result.json'), JSON.stringify({ ...benchDocument(), status: 'complete' }))
    await expect(ResultStore.resume(folder)).rejects.toMatchObject({ code: 'TUNE_E_RESUME', exit: 2 })
  })

  it('is refused while its process is alive, not after that has gone', async () => {
    await cutRun()
    const start = (await readFile(`/proc/${process.ppid}/stat`, 'utf8')).split(') ')[1]!.split(' ')[19]
    await writeFile(join(folder, '.running'), `${process.ppid} ${start}`)
    await expect(ResultStore.resume(folder)).rejects.toMatchObject({ code: 'TUNE_E_RESUME', exit: 2 })
    // The number is in use again, by a process that started at another time.
    await writeFile(join(folder, '.running'), `${process.ppid} 1`)
    await (await ResultStore.resume(folder)).close()
  })

  it.each([
    ['nodeVersion', 'v99.0.0'],
    ['cpuModel', 'another'],
    ['effectiveCpus', 64],
    ['toolVersion', '2.0.0'],
  ] as const)('is refused elsewhere: %s', (key, value) => {
    expect(() => assertSameFingerprint(fingerprint, fingerprint)).not.toThrow()
    expect(() => assertSameFingerprint(fingerprint, { ...fingerprint, [key]: value })).toThrow(
      `${key} was ${fingerprint[key]} and is ${value}`,
    )
  })

  it('is refused without a plan', async () => {
    await expect(readPlan(folder)).rejects.toMatchObject({ code: 'TUNE_E_RESUME', exit: 2 })
    await writeFile(join(folder, 'plan.json'), '{"planVersion":7}')
    await expect(readPlan(folder)).rejects.toMatchObject({ code: 'TUNE_E_RESUME', exit: 2 })
  })
})
