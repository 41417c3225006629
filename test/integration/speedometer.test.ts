import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
// Built: its threads run compiled code.
import { createSpeedometer } from '../../dist/profiles/speed/index.js'

const machine = { effectiveCpus: availableParallelism() }

const missing = await whatIsMissing()

/** Where it cannot be had at all, there is nothing to test. */
async function whatIsMissing(): Promise<string | null> {
  if (spawnSync('taskset', ['--version']).error !== undefined) return 'taskset of util-linux'
  const speedometer = await createSpeedometer(machine)
  await speedometer?.stop()
  return speedometer === null ? 'CPUs that are cores of their own' : null
}

async function withOne<T>(
  work: (speedometer: NonNullable<Awaited<ReturnType<typeof createSpeedometer>>>) => Promise<T>,
): Promise<T> {
  const speedometer = await createSpeedometer(machine)
  if (speedometer === null) throw new Error('no speedometer')
  try {
    return await work(speedometer)
  } finally {
    await speedometer.stop()
  }
}

const title = (text: string) => (missing === null ? text : `${text} (skipped: no ${missing})`)

it.skipIf(missing !== null)(title('times pieces while it is on, and only between two instants'), async () => {
  await withOne(async (speedometer) => {
    const end = speedometer.start()
    const fromMs = performance.now()
    await sleep(1000)
    const pieceUs = end(fromMs, performance.now())
    expect(pieceUs).toBeGreaterThan(10)
    // Nothing was timed before it was on.
    const again = speedometer.start()
    await sleep(50)
    expect(again(fromMs - 1000, fromMs - 500)).toBeNull()
  })
})

it.skipIf(missing !== null)(title('takes no CPU while it is off, and little while it is on'), async () => {
  await withOne(async (speedometer) => {
    const spentMs = async (during: () => Promise<unknown>) => {
      const before = process.cpuUsage()
      await during()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    const off = await spentMs(() => sleep(500))
    const on = await spentMs(async () => {
      const end = speedometer.start()
      await sleep(500)
      end(0, 1)
    })
    expect(on).toBeGreaterThan(off)
    // At most 2 % of each CPU by its own rule; this process does other things, too.
    expect(on).toBeLessThan(250)
  })
})

it('times nothing where a quota leaves less than the CPUs are', async () => {
  expect(await createSpeedometer({ effectiveCpus: 0.5 })).toBeNull()
})

it.skipIf(missing !== null)(title('keeps no process alive, on or off'), async () => {
  const program = `
    const { createSpeedometer } = await import(process.argv[1])
    const speedometer = await createSpeedometer({ effectiveCpus: ${machine.effectiveCpus} })
    speedometer.start()
  `
  const url = new URL('../../dist/profiles/speed/index.js', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, url], { stdio: 'ignore' })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect(code).toBe(0)
})
