import { expect, it } from 'vitest'
import { machineDocumentSchema } from '../../src/result/machine-document.js'
import { runCommand } from '../helpers/command.js'

it('tune machine --noise measures pairs of real servers within its time', async () => {
  const args = ['bin/run.js', 'machine', '--noise', '--budget', '10s', '--json']
  const { status, stdout } = await runCommand(process.execPath, args, { env: process.env })
  const { noise } = machineDocumentSchema.parse(JSON.parse(stdout))
  expect(noise).toBeDefined()
  // A crowded machine may leave no pair that can be believed; then the exit code says so.
  expect(status).toBe(noise?.pairDeviation == null ? 5 : 0)
  expect(noise?.seconds).toBeLessThan(15)
  if (noise?.effect) expect(noise.effect.blocks).toBe(noise.pairs)
})
