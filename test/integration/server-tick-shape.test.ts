import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const MODULE = new URL('../../dist/server/loop/tick-shape.js', import.meta.url).href

/** Nanoseconds for one `process.nextTick`, the best of several batches, in a process of its own. */
async function tickNs(before: string): Promise<number> {
  const script = `
    import { setTimeout as sleep } from 'node:timers/promises'
    const ticks = (count) => new Promise((resolve) => {
      let done = 0
      const next = () => (++done < count ? process.nextTick(next) : resolve())
      next()
    })
    await ticks(200)
    ${before}
    let best = Infinity
    for (let batch = 0; batch < 5; batch += 1) {
      const start = process.hrtime.bigint()
      await ticks(200_000)
      best = Math.min(best, Number(process.hrtime.bigint() - start) / 200_000)
    }
    console.log(best)`
  const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '-e', script])
  return Number(stdout)
}

/** As an idle process collects garbage: none of what nextTick made is alive. */
const COLLECT = 'for (let time = 0; time < 6; time += 1) { await sleep(10); gc() }'

const isNode20 = process.versions.node.startsWith('20.')
const skipped = isNode20 ? '' : ' (skipped: ticks are kept on Node 20 alone, where they have this shape)'

it.runIf(isNode20)(`nextTick stays as fast when an idle worker collects garbage${skipped}`, async () => {
  const keep = `const { keepTickShape } = await import(${JSON.stringify(MODULE)}); keepTickShape()`
  const never = await tickNs('')
  const kept = await tickNs(`${keep}; ${COLLECT}`)
  // Four times as long without it.
  expect(kept).toBeLessThan(2.5 * never)
})
