import { availableParallelism, totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { machineDocumentSchema } from '../../src/result/machine-document.js'
import type { CommandResult } from '../helpers/command.js'
import { runCommand } from '../helpers/command.js'

function tune(...args: string[]): Promise<CommandResult> {
  const env = { ...process.env, NO_COLOR: '1' }
  return runCommand(process.execPath, ['bin/run.js', ...args], { env })
}

describe('tune machine', () => {
  it('answers in the first line', async () => {
    const { status, stdout, stderr } = await tune('machine')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Effective CPUs {2}[\d.]+ {2}\(.+\)\nRule of thumb {3}2N\+1 = \d+ workers?/)
    expect(stdout).toContain('rule of thumb, not measured: run tune analyze')
    expect(stdout).not.toContain(String.fromCharCode(27))
  })

  it('prints the document with --json', async () => {
    const { status, stdout } = await tune('machine', '--json')
    const { machine, heuristic } = machineDocumentSchema.parse(JSON.parse(stdout))
    expect(status).toBe(0)
    expect(machine.effectiveCpus).toBeLessThanOrEqual(availableParallelism())
    expect(machine.memoryLimitBytes).toBeLessThanOrEqual(totalmem())
    expect(machine.memoryAvailableBytes).toBeLessThanOrEqual(machine.memoryLimitBytes)
    expect(heuristic.workers).toBe(Math.floor(2 * machine.effectiveCpus) + 1)
    expect(machine.facts.every(({ source }) => source !== '')).toBe(true)
  })

  it('lets --cpus and --memory win, and says so', async () => {
    const { stdout } = await tune('machine', '--cpus', '1.5', '--memory', '1.5GiB', '--json')
    const { machine, heuristic } = machineDocumentSchema.parse(JSON.parse(stdout))
    expect(machine).toMatchObject({
      effectiveCpus: 1.5,
      effectiveCpusSource: '--cpus',
      memoryLimitBytes: 1.5 * 1024 ** 3,
      memoryLimitSource: '--memory',
    })
    expect(heuristic).toMatchObject({
      workers: 4,
      evidence: 'rule of thumb',
      configurations: {
        threaded: { workers: 2, threads: 2 },
        async: { workers: 4, workerConnections: 1000 },
      },
    })
    const text = await tune('machine', '--cpus=4')
    expect(text.stdout).toMatch(/^Effective CPUs {2}4 {2}\(--cpus\)\n.*2N\+1 = 9 workers\n/)
    expect(text.stdout).toContain('tune serve app.ts --worker-class threaded --workers 3 --threads 3')
  })

  it('has examples in its help', async () => {
    const { status, stdout } = await tune('machine', '--help')
    expect(status).toBe(0)
    expect(stdout).toContain('$ tune machine --cpus 0.5 --memory 512m')
  })
})

describe('tune machine with wrong flags', () => {
  const cases: [string[], string, string][] = [
    [['--cpus', '0'], 'TUNE_E_CPUS', '--cpus "0" is not a number of CPUs'],
    [['--cpus', 'abc'], 'TUNE_E_CPUS', '--cpus "abc" is not a number of CPUs'],
    [['--cpus=-1'], 'TUNE_E_CPUS', '--cpus "-1" is not a number of CPUs'],
    [['--memory', '5q'], 'TUNE_E_MEMORY', '--memory "5q" is not an amount of memory'],
    [['--cores', '2'], 'TUNE_E_USAGE', 'tune machine has no flag --cores'],
  ]

  it.each(cases)('%j: exit 2 and one message on stderr', async (args, code, message) => {
    const { status, stdout, stderr } = await tune('machine', ...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(`Error: ${message}\n`)
    expect(stderr).toContain('  → ')
    expect(stderr).toContain(`(${code}, exit 2)`)
  })

  it.each(cases)('%j --json: the same as one JSON document', async (args, code, message) => {
    const { status, stdout, stderr } = await tune('machine', ...args, '--json')
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' })
    const { error } = JSON.parse(stdout)
    expect(error).toMatchObject({ code, exit: 2 })
    expect(error.message).toContain(message)
    expect(error.suggestions.length).toBeGreaterThan(0)
  })
})
