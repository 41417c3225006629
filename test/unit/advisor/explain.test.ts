import { describe, expect, it } from 'vitest'
import { explainHeuristic } from '../../../src/advisor/explain.js'
import { workload } from '../../helpers/arbitraries.js'
import { async, sync } from '../../helpers/documents.js'

const explained = (
  nature: Parameters<typeof workload>[0],
  recommended: Parameters<typeof explainHeuristic>[3],
) => explainHeuristic(workload(nature), 2, 5, recommended)

describe('explainHeuristic', () => {
  const computes = { class: 'cpu', cpuMsPerRequest: 10, waitMsPerRequest: 0, kneeConcurrency: 2 } as const

  it('names the answer where it follows', () => {
    expect(explained(computes, async(2))).toMatch(/full with 2 requests under way: 2 async workers\.$/)
    expect(explained(computes, sync(2))).toMatch(/: 2 sync workers\.$/)
    expect(explained({ class: 'async-io' }, async(5))).toMatch(/holds the waiting: 5 async workers\.$/)
  })

  it('and nowhere else', () => {
    expect(explained(computes, sync(5))).toMatch(/full with 2 requests under way\.$/)
    expect(explained(computes, async(5))).toMatch(/under way\.$/)
    expect(explained({ class: 'async-io' }, sync(5))).toMatch(/holds the waiting\.$/)
    const off = explained({ ...computes, class: 'offloop-cpu' }, async(10))
    expect(off).toMatch(/outside of its event loop .*, so one worker may fill several cores\.$/)
    expect(explained({ ...computes, class: 'offloop-cpu' }, async(1))).toMatch(/: 1 async worker\.$/)
    expect(explained({ class: 'downstream' }, async(10))).not.toContain('10 async')
  })
})
