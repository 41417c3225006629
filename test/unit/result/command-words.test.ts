import { describe, expect, it } from 'vitest'
import { commandWords, fillWords } from '../../../src/result/command-words.js'
import { parseListening } from '../../../src/targets/listening.js'

describe('commandWords', () => {
  it.each([
    ['puma -w {workers}', ['puma', '-w', '{workers}']],
    [`a "b c" 'd "e'  f\\ g`, ['a', 'b c', 'd "e', 'f g']],
    [`sh -c 'exec x | y; $HOME *'`, ['sh', '-c', 'exec x | y; $HOME *']],
    [`a '' "\\"q\\""`, ['a', '', '"q"']],
    ['x; rm -rf $HOME `id` > y', ['x;', 'rm', '-rf', '$HOME', '`id`', '>', 'y']],
  ])('%s', (text, words) => expect(commandWords(text)).toEqual(words))

  it('refuses a quote that is never closed, and nothing at all', () => {
    expect(() => commandWords(`a 'b`)).toThrow(/never closed/)
    expect(() => commandWords('  ')).toThrow(/empty/)
  })
})

describe('fillWords', () => {
  it('fills what it knows, every time, and leaves other braces alone', () => {
    const words = ['-t', '{threads}:{threads}', '{"a":{port}}', '{unknown}', '{toString}']
    expect(fillWords(words, { threads: 4, port: 'a b' })).toEqual([
      '-t',
      '4:4',
      '{"a":a b}',
      '{unknown}',
      '{toString}',
    ])
  })
})

describe('parseListening', () => {
  it('knows the ports of listening sockets only', () => {
    const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F91 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
`
    expect([...parseListening(text)]).toEqual([['4711', 8080]])
  })
})
