import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerCheck } from '../../../src/load/answer-check.js'

/** Cuts a body into parts as a network would. */
const cut = (body: Buffer, at: number[]): Buffer[] => {
  const edges = [0, ...at.map((edge) => edge % (body.length + 1)).sort((a, b) => a - b), body.length]
  return edges.slice(1).map((edge, index) => body.subarray(edges[index], edge))
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const edges = fc.array(fc.nat(), { maxLength: 5 })

describe('answerCheck', () => {
  it('takes any 2xx where nothing is said of the status', () => {
    expect(answerCheck(undefined).end(500)).toBe(true)
    expect(answerCheck({ bodyEquals: '' }).end(204)).toBe(true)
    expect(answerCheck({ bodyEquals: '' }).end(404)).toBe(false)
    expect(answerCheck({ status: [404, 410] }).end(410)).toBe(true)
    expect(answerCheck({ status: [404] }).end(200)).toBe(false)
  })

  it('finds in a body what is there, however it is cut, and forgets it with the answer', () => {
    fc.assert(
      fc.property(
        text,
        text,
        text.filter((one) => one !== ''),
        edges,
        (before, after, wanted, at) => {
          const check = answerCheck({ bodyIncludes: wanted })
          for (const part of cut(Buffer.from(before + wanted + after), at)) check.part(part)
          expect(check.end(200)).toBe(true)
          expect(check.end(200)).toBe(false)
        },
      ),
    )
  })

  it('agrees with String.includes on bodies of few letters', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
    fc.assert(
      fc.property(
        letters,
        letters.filter((one) => one !== ''),
        edges,
        (body, wanted, at) => {
          const check = answerCheck({ bodyIncludes: wanted })
          for (const part of cut(Buffer.from(body), at)) check.part(part)
          expect(check.end(200)).toBe(body.includes(wanted))
        },
      ),
    )
  })

  it('tells a whole body from any other', () => {
    fc.assert(
      fc.property(text, text, edges, (wanted, body, at) => {
        const check = answerCheck({ bodyEquals: wanted })
        for (const part of cut(Buffer.from(body), at)) check.part(part)
        expect(check.end(200)).toBe(body === wanted)
        for (const part of cut(Buffer.from(wanted), at)) check.part(part)
        expect(check.end(200)).toBe(true)
      }),
    )
  })

  it('starts anew after an answer that was cut off', () => {
    const check = answerCheck({ bodyEquals: 'whole' })
    check.part(Buffer.from('who'))
    check.reset()
    check.part(Buffer.from('whole'))
    expect(check.end(200)).toBe(true)
  })
})
