import { EXIT, TuneError } from '../result/error.js'

const SCALE: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }
/** So few bytes hold no process: a unit was forgotten. */
const LEAST_WITHOUT_UNIT = 16 * 1024 ** 2
/** No worker of any server fits into less: an idle Node process alone takes more. */
const LEAST_MACHINE = 32 * 1024 ** 2
const MAX_CPUS = 4096

/**
 * Bytes of a size such as `512m`, `2g`, `1.5GiB`, `64Mi` or `1048576b`. Every unit is a power of 1024, with or
 * without `i` and `b`, as in `docker run --memory`. A number alone is bytes when it is large enough to be meant so.
 */
export function parseMemory(text: string, flag = '--memory'): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b|i)?$/i.exec(text.trim())
  const [, amount, unit = ''] = match ?? []
  // A bare `i` or `ib` names no unit.
  const scale = /^[\d.\s]+ib?$/i.test(text.trim()) ? undefined : SCALE[unit.toLowerCase()]
  const bytes = Math.floor(Number(amount) * (scale ?? NaN))
  if (Number.isSafeInteger(bytes) && bytes > 0) {
    if (bytes >= LEAST_WITHOUT_UNIT || !/^[\d.]+$/.test(text.trim())) return bytes
    throw usage('TUNE_E_MEMORY', `${flag} ${quote(text)} has no unit, and so few bytes hold no process`, [
      `Did you mean ${text.trim()}m? Units are k, m, g and t (powers of 1024), and b for bytes`,
    ])
  }
  throw usage('TUNE_E_MEMORY', `${flag} ${quote(text)} is not an amount of memory`, [
    `Give a number above 0 with a unit of k, m, g or t (powers of 1024), e.g. ${flag} 512m, 2g or 1.5GiB`,
  ])
}

/** The memory of a machine, which has to hold one worker. */
export function parseMachineMemory(text: string, flag = '--memory'): number {
  const bytes = parseMemory(text, flag)
  if (bytes >= LEAST_MACHINE) return bytes
  throw usage(
    'TUNE_E_MEMORY',
    `${flag} ${quote(text)} is too little for a machine: it holds no worker of any app`,
    [`Give ${LEAST_MACHINE / 1024 ** 2}m or more, e.g. ${flag} 512m or 2g`],
  )
}

/** CPUs as a number above zero; fractions are what container quotas give (`0.5`, `1.5`). */
export function parseCpus(text: string, flag = '--cpus'): number {
  const cpus = /^(\d+(\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : NaN
  if (cpus > 0 && cpus <= MAX_CPUS) return cpus
  throw usage('TUNE_E_CPUS', `${flag} ${quote(text)} is not a number of CPUs`, [
    `Give a number above 0 and up to ${MAX_CPUS}, fractions allowed, e.g. ${flag} 2 or ${flag} 0.5`,
  ])
}

function usage(code: string, message: string, suggestions: string[]): TuneError {
  return new TuneError(message, { code, exit: EXIT.usage, suggestions })
}

function quote(text: string): string {
  return JSON.stringify(text)
}
