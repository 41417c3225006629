import { expect, it } from 'vitest'
import { misspeltVariables } from '../../../src/config/misspelt-variables.js'

it('finds slips of the finger, and leaves everything else alone', () => {
  const env = {
    TUNE_WORKERS: '2',
    TUNE_WORKRES: '3',
    TUNE_ACESS_LOG: '-',
    TUNE_CONFIG: 'x',
    TUNE_WORKLOAD_WAIT_MS: '5',
    TUNE_MY_OWN_THING: '1',
    WORKRES: '1',
  }
  expect(misspeltVariables(env)).toEqual([
    { name: 'TUNE_WORKRES', meant: 'TUNE_WORKERS' },
    { name: 'TUNE_ACESS_LOG', meant: 'TUNE_ACCESS_LOG' },
  ])
  expect(misspeltVariables({})).toEqual([])
})
