import { expect, it } from 'vitest'
import { resumable } from '../../../src/cli/resumable.js'
import { TuneError } from '../../../src/result/error.js'

const died = new TuneError('The server does not answer', { code: 'TUNE_E_X', exit: 5, suggestions: ['Look'] })

it('says of an error that ends a run how to go on, where trials are kept', () => {
  expect(resumable(died, { folder: 'reports/my run', trialsOnDisk: 4 })).toMatchObject({
    ...{ message: died.message, code: 'TUNE_E_X', exit: 5 },
    suggestions: ['Look', "4 finished trials are kept; go on with tune bench --resume 'reports/my run'"],
  })
})

it('leaves alone what has nothing to go on with, or cannot', () => {
  expect(resumable(died, { folder: 'x', trialsOnDisk: 0 })).toBe(died)
  const other = new TuneError('The run was begun elsewhere', { code: 'TUNE_E_RESUME', exit: 2 })
  expect(resumable(other, { folder: 'x', trialsOnDisk: 4 })).toBe(other)
  const bug = new Error('a bug')
  expect(resumable(bug, { folder: 'x', trialsOnDisk: 4 })).toBe(bug)
})
