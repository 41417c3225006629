import { describe, expect, it } from 'vitest'
import { applyRules, type RuleContext } from '../../../src/advisor/rules.js'
import { findingSchema } from '../../../src/result/analysis.js'
import { workload } from '../../helpers/arbitraries.js'
import { fakeMachine } from '../../helpers/fakes.js'

const context = (overrides: Partial<RuleContext> = {}): RuleContext => ({
  workload: workload({}),
  machine: fakeMachine(),
  memory: {
    arbiterBytes: 40e6,
    perWorkerBytes: 50e6,
    perThreadBytes: 16e6,
    maxWorkers: 20,
    evidence: 'measured',
  },
  recommended: { workerClass: 'async', workers: 2, threads: 1, workerConnections: 1000 },
  decided: true,
  backlog: 2048,
  ...overrides,
})
const levels = (overrides: Partial<RuleContext>) =>
  Object.fromEntries(applyRules(context(overrides)).map(({ id, level }) => [id, level]))

describe('applyRules', () => {
  it('shows the whole decision table, and which rule fires', () => {
    expect(levels({})).toEqual({
      'TUNE-RULE-IO': 'ok',
      'TUNE-RULE-CPU': 'info',
      'TUNE-RULE-MEM': 'info',
      'TUNE-RULE-DEFAULT': 'info',
      'TUNE-LIMIT-FILES': 'ok',
      'TUNE-LIMIT-BACKLOG': 'ok',
      'TUNE-CONN-LOOP': 'ok',
    })
    expect(levels({ workload: workload({ class: 'cpu' }) })).toMatchObject({
      'TUNE-RULE-IO': 'info',
      'TUNE-RULE-CPU': 'ok',
    })
    for (const finding of applyRules(context())) expect(findingSchema.safeParse(finding).success).toBe(true)
  })

  it('warns where the measurement disagrees with a rule that fires', () => {
    const sync = { workerClass: 'sync', workers: 9, threads: 1, workerConnections: 1000 } as const
    expect(levels({ recommended: sync })).toMatchObject({ 'TUNE-RULE-IO': 'warn' })
    expect(levels({ recommended: sync, workload: workload({ class: 'cpu' }) })).toMatchObject({
      'TUNE-RULE-CPU': 'warn',
    })
  })

  it('warns of limits: memory, descriptors, backlog, worker connections', () => {
    const memory = { ...context().memory, maxWorkers: 1 }
    expect(levels({ memory })).toMatchObject({ 'TUNE-RULE-MEM': 'warn', 'TUNE-LIMIT-MEM': 'warn' })
    const machine = fakeMachine({ openFilesLimit: 1024, somaxconn: 128 })
    expect(levels({ machine })).toMatchObject({ 'TUNE-LIMIT-FILES': 'warn', 'TUNE-LIMIT-BACKLOG': 'warn' })
    const recommended = { ...context().recommended, workerConnections: 50 }
    expect(levels({ recommended })).toMatchObject({ 'TUNE-CONN-LOOP': 'warn' })
  })

  it('is silent about limits that the machine does not tell', () => {
    const ids = Object.keys(levels({ machine: fakeMachine({ openFilesLimit: null, somaxconn: null }) }))
    expect(ids).not.toContain('TUNE-LIMIT-FILES')
    expect(ids).not.toContain('TUNE-LIMIT-BACKLOG')
  })
})
