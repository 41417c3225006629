import { describe, expect, it } from 'vitest'
import { answerOf, EXPORT_FORMATS } from '../../../src/export/index.js'
import { memoryLimits } from '../../../src/export/memory-limits.js'
import { ioDocument } from '../../helpers/documents.js'

const answer = { ...answerOf(ioDocument()), memoryBytes: 100 * 2 ** 20 }
const leak = { maxRequests: 1000, maxRequestsJitter: 100, growthBytes: 500 * 2 ** 20, observed: '' }
const MIB = 2 ** 20

describe('memoryLimits', () => {
  it('are so many times what was measured', () => {
    expect(memoryLimits(answer)).toEqual({ softBytes: 150 * MIB, hardBytes: 200 * MIB })
  })

  it('let workers that leak live until they are replaced', () => {
    expect(memoryLimits({ ...answer, recycle: leak })).toEqual({ softBytes: 650 * MIB, hardBytes: 700 * MIB })
  })

  it('are no more than was asked for', () => {
    const asked = (mib: number) => memoryLimits({ ...answer, recycle: leak, mostBytes: mib * MIB }).hardBytes
    expect(asked(400)).toBe(400 * MIB)
  })

  it('reach every file that has such a limit', () => {
    const render = (format: keyof typeof EXPORT_FORMATS) =>
      EXPORT_FORMATS[format].render({ ...answer, mostBytes: 120 * MIB }, 8000)
    expect(render('systemd')).toMatch(/MemoryMax=120M/)
    expect(render('kubernetes')).toMatch(/limits: .*120Mi/)
    expect(render('compose')).toContain('mem_limit: 120m')
    expect(render('docker').replaceAll(/\n# /g, ' ')).toContain('--memory 120m')
    for (const format of ['systemd', 'kubernetes', 'compose', 'docker'] as const)
      expect(render(format).replaceAll(/\n# /g, ' ')).toContain('as asked for')
  })
})
