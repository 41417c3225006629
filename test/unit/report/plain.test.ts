import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plain, shellQuote, toAscii, wrap, wrapCommand } from '../../../src/report/plain.js'

it('leaves one line without escapes, controls, direction marks or lone surrogates', () => {
  expect(plain('\u001b[31mred\u001b[0m')).toBe('red')
  expect(plain('a\r\n\tb\u2028c\u0000d')).toBe('a b c d')
  expect(plain('safe\u202egnp.exe')).toBe('safegnp.exe')
  expect(plain('half \ud800 pair')).toBe('half � pair')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(plain(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})

it('ends very long strings', () => {
  expect(plain('x'.repeat(1_000_000)).length).toBeLessThan(5000)
})

it('has an ASCII form of everything', () => {
  expect(toAscii('5 µs ±2 % 1–2 × → …')).toBe('5 us +/-2 % 1-2 x -> ...')
  expect(toAscii('café 漢')).toBe('caf? ?')
})

it('wraps between words, keeps long words whole and numbers with their units', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrap('a /very/long/path b', 6)).toEqual(['a', '/very/long/path', 'b'])
  expect(wrap('took 20.3 ms', 9)).toEqual(['took', '20.3 ms'])
  expect(wrap('', 10)).toEqual([])
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,12}$/)),
      fc.integer({ min: 12, max: 60 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width)
        expect(lines.join(' ')).toBe(words.join(' '))
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
      },
    ),
  )
})

it('wraps a command so that a shell still reads the same arguments', () => {
  const command = 'printf %s| --worker-class async --workers 2 --worker-connections 1000'
  const lines = wrapCommand(command, 30)
  expect(lines.length).toBeGreaterThan(1)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(30)
  const shell = (script: string): string =>
    spawnSync('sh', ['-c', `set -- ${script}; printf '%s\\n' "$@"`]).stdout.toString()
  expect(shell(lines.join('\n').replace('|', ''))).toBe(shell(command.replace('|', '')))
})

it.each([
  `tune analyze 'my app.ts' --header 'x: a --b' --seed 1`,
  `tune analyze app.ts --body 'it'\\''s --not a flag' --seed 1`,
  `tune analyze app.ts --body "a \\" --b" --path /x\\ --y --seed 1`,
])('breaks %s before its flags, and never within quotes', (command) => {
  const lines = wrapCommand(command, 30)
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.at(-1)).toMatch(/^ {2}.*--seed 1$/)
  const words = (script: string): string =>
    spawnSync('sh', ['-c', `set -- ${script}; printf '%s\\n' "$@"`]).stdout.toString()
  expect(words(lines.join('\n'))).toBe(words(command))
})

it('quotes arguments so that a shell gives them back', () => {
  expect(shellQuote('examples/api.ts')).toBe('examples/api.ts')
  for (const argument of ["it's", 'a b', '$(id)', '`id`', '', '*', '<redacted>']) {
    expect(spawnSync('sh', ['-c', `printf %s ${shellQuote(argument)}`]).stdout.toString()).toBe(argument)
  }
})
