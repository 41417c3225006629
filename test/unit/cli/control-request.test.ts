import { describe, expect, it } from 'vitest'
import { controlRequest } from '../../../src/cli/control-request.js'

describe('controlRequest', () => {
  it('is what was asked for', () => {
    expect(controlRequest('scale', '4', false)).toEqual({ command: 'scale', workers: 4 })
    expect(controlRequest('shutdown', undefined, true)).toEqual({ command: 'shutdown', graceful: false })
    expect(controlRequest('workers', undefined, false)).toEqual({ command: 'stats' })
  })

  it.each([
    ['scale', 'abc', '"abc" is no number of workers'],
    ['scale', '1.5', '"1.5" is no number of workers'],
    ['scale', '-1', '"-1" is no number of workers'],
    ['scale', '', 'How many workers?'],
    ['scale', undefined, 'How many workers?'],
    ['workers', '5', 'workers takes no number'],
  ])('%s %j is a wrong usage, and no fault of ours', (action, workers, message) => {
    expect(() => controlRequest(action, workers, false)).toThrow(
      expect.objectContaining({ message, code: 'TUNE_E_USAGE', exit: 2 }) as Error,
    )
  })

  it.each(['workers', 'stats', 'config', 'reload', 'scale'])('%s takes no --quick', (action) => {
    expect(() => controlRequest(action, action === 'scale' ? '3' : undefined, true)).toThrow(
      expect.objectContaining({
        message: `${action} makes no use of --quick`,
        code: 'TUNE_E_USAGE',
        exit: 2,
      }) as Error,
    )
  })
})
