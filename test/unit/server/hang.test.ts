import { describe, expect, it } from 'vitest'
import { InspectorChannel } from '../../../src/server/hang/inspector-channel.js'
import { listeningPorts } from '../../../src/server/hang/inspector-port.js'
import { culprit, pausedStack } from '../../../src/server/hang/paused-stack.js'
import { scriptLocations } from '../../../src/server/hang/script-locations.js'

describe('listeningPorts', () => {
  it('takes sockets of the process that listen on the loopback address', () => {
    const row = (local: string, state: string, inode: number) =>
      `  0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 0 0 ${inode} 1 0`
    const table = [
      '  sl  local_address rem_address   st',
      row('0100007F:87E9', '0A', 1),
      row('0100007F:0050', '0A', 2),
      row('0100007F:0051', '01', 3),
      row('00000000:0052', '0A', 4),
    ].join('\n')
    expect(listeningPorts(table, new Set(['1', '3', '4', null]))).toEqual([0x87e9])
  })
})

/** An inspector that stops in a script; `answers` says whether it acknowledges the pause. */
function inspectorIn(script: object, callFrames: object[], answers = true): InspectorChannel {
  const channel = new InspectorChannel((text) => {
    const { id, method } = JSON.parse(text) as { id: number; method: string }
    const event = (name: string, params: object) => channel.receive(JSON.stringify({ method: name, params }))
    queueMicrotask(() => {
      if (method === 'Debugger.enable') event('Debugger.scriptParsed', script)
      if (method === 'Debugger.pause') event('Debugger.paused', { callFrames })
      if (answers || method === 'Debugger.enable') channel.receive(JSON.stringify({ id, result: {} }))
    })
  })
  return channel
}

describe('pausedStack', () => {
  it('names functions and places, also when the pause is never acknowledged', async () => {
    const frame = (functionName: string, scriptId: string) => ({
      functionName,
      location: { scriptId, lineNumber: 1, columnNumber: 4 },
    })
    const script = { scriptId: '7', url: 'file:///srv/a%20b.mjs' }
    const inspector = inspectorIn(script, [frame('spin', '7'), frame('', '8')], false)
    expect(await pausedStack(inspector)).toEqual(['spin (/srv/a b.mjs:2:5)', '(anonymous) (unknown)'])
  })
})

describe('scriptLocations', () => {
  it('finds the source of compiled code, and leaves maps alone that cannot be read', () => {
    // One segment: generated 0:0 is line 3, column 2 of the only source.
    const map = { version: 3, sources: ['../src/app.ts'], names: [], mappings: 'AAGE' }
    const sourceMapURL = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
    expect(scriptLocations({ url: '/build/x/app.cjs', sourceMapURL })(0, 9)).toBe('/build/src/app.ts:4:3')
    const broken = 'data:application/json;base64,AAAA'
    expect(scriptLocations({ url: '/build/app.cjs', sourceMapURL: broken })(0, 9)).toBe('/build/app.cjs:1:10')
    expect(scriptLocations({ url: '' })(0, 0)).toBe('evaluated code:1:1')
  })
})

describe('culprit', () => {
  it.each([
    [['readFileSync (node:fs:1:1)', 'load (/app.js:2:3)'], 'load (/app.js:2:3)'],
    [['readFileSync (node:fs:1:1)'], 'readFileSync (node:fs:1:1)'],
    [[], null],
  ])('of %j is %s', (stack, expected) => {
    expect(culprit(stack)).toBe(expected)
  })
})
