import { expect, it } from 'vitest'
import { rateExitCode } from '../../../src/studies/exit-code.js'
import { rateDocument } from '../../helpers/rate.js'

it('open load is inconclusive where the generator was late, or most requests failed', () => {
  const document = rateDocument()
  expect(rateExitCode(document)).toBe(0)
  expect(rateExitCode({ ...document, status: 'interrupted' })).toBe(130)
  const spoiled = (spoil: (probe: (typeof document.subjects)[0]['probes'][0]) => object) => ({
    ...document,
    subjects: document.subjects.map((subject) => ({
      ...subject,
      probes: subject.probes.map((probe) => ({ ...probe, ...spoil(probe) })),
    })),
  })
  expect(rateExitCode(spoiled(() => ({ believed: false })))).toBe(5)
  const failing = (part: number) =>
    spoiled(({ outcome }) => {
      const { requests } = outcome
      return { outcome: { ...outcome, requests: { ...requests, non2xx: Math.ceil(part * requests.done) } } }
    })
  expect(rateExitCode(failing(1))).toBe(5)
  expect(rateExitCode(failing(0.2))).toBe(0)
})
