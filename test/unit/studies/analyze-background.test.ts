import { describe, expect, it } from 'vitest'
import { analyzeFake } from '../../helpers/fake-analysis.js'

const app = { cpuMs: 2, waitMs: 8 }

describe('an app that works in the background', () => {
  it('is measured one server at a time, and told of', async () => {
    const { document, world } = await analyzeFake({ app: { ...app, idleCores: 0.2 }, effectiveCpus: 2 })
    expect(Math.max(...world.beside)).toBe(1)
    expect(document.plan.apart).toBe('background')
    expect(document.warnings.join(' ')).toContain(
      'Workers of this app use CPU while nobody asks them anything',
    )
    expect(document.warnings.join(' ')).not.toContain('Memory does not hold')
    expect(document.findings.find(({ id }) => id === 'TUNE-APP-BACKGROUND')).toMatchObject({ level: 'warn' })
    expect(document.workload!.doubts!.map(({ why }) => why).join(' ')).toContain('uses 0.2 cores')
  })

  it('is not looked for where the CPU of a server is not that of its workers alone', async () => {
    const { document } = await analyzeFake({ app: { ...app, idleCores: 0.2 }, effectiveCpus: 2, blind: true })
    expect(document.plan).not.toHaveProperty('apart')
    expect(document.findings.map(({ id }) => id)).not.toContain('TUNE-APP-BACKGROUND')
  })

  it('is any other app where it does next to nothing', async () => {
    const idle = await analyzeFake({ app: { ...app, idleCores: 0.004 }, effectiveCpus: 2 })
    expect(Math.max(...idle.world.beside)).toBeGreaterThan(2)
    expect(idle.document.findings.map(({ id }) => id)).not.toContain('TUNE-APP-BACKGROUND')
    expect(idle.document.plan).not.toHaveProperty('apart')
    expect(idle.document.warnings).toEqual([])
  })
})
