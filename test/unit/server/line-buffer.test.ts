import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineBuffer } from '../../../src/server/loop/line-buffer.js'

/** Those that matter here are too rare in what fast-check makes of all characters; half a surrogate pair it never makes. */
const special = fc.constantFrom('"', '\\', '\x7f', '\n', '\0', '\\x22', '\ud800', '\udc00', 'é', '€', '😀')
const anyText = fc
  .array(fc.oneof(special, fc.string(), fc.string({ unit: 'binary' })))
  .map((texts) => texts.join(''))

describe('LineBuffer', () => {
  it('holds any text in UTF-8, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const lines = new LineBuffer()
        for (const text of texts) lines.text(text)
        expect(lines.take()).toEqual(Buffer.concat(texts.map((text) => Buffer.from(text))))
      }),
    )
  })

  it('escapes what would end a line or a quoted part, and nothing else', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const lines = new LineBuffer()
        lines.safe(text)
        const written = lines.take().toString()
        expect(written).not.toMatch(/["\u0000-\u001f\u007f]/)
        const read = written.replace(/\\x([0-9a-f]{2})/g, (_all, hex: string) =>
          String.fromCharCode(parseInt(hex, 16)),
        )
        expect(read).toBe(Buffer.from(text).toString())
      }),
    )
  })

  it('grows for a line longer than all before, and keeps what it held', () => {
    const lines = new LineBuffer()
    const long = 'é'.repeat(100_000)
    lines.text('first\n')
    lines.safe(`${long}"\n`)
    expect(lines.take().toString()).toBe(`first\n${long}\\x22\\x0a`)
    expect(lines.length).toBe(0)
  })

  it('gives back what a line that came to nothing had appended', () => {
    const lines = new LineBuffer()
    lines.text('whole\n')
    const { length } = lines
    lines.text('half of ')
    lines.cutTo(length)
    lines.text('next\n')
    expect(lines.take().toString()).toBe('whole\nnext\n')
  })
})
