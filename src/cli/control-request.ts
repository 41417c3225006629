import { usageError } from '../result/error.js'

/**
 * What `tune ctl <action> [workers]` asks of a server.
 *
 * @throws TuneError (usage) for a number that is missing, is none, or is not asked for, and for --quick where it changes nothing
 */
export function controlRequest(action: string, workers: string | undefined, quick: boolean) {
  if (quick && action !== 'shutdown') {
    throw usageError(
      `${action} makes no use of --quick`,
      'Leave that out; tune ctl shutdown --quick ends the server at once',
    )
  }
  if (action === 'scale') return { command: 'scale' as const, workers: numberOf(workers) }
  if (workers !== undefined) {
    throw usageError(
      `${action} takes no number`,
      `Leave ${workers} out; tune ctl scale ${workers} changes the number of workers`,
    )
  }
  if (action === 'shutdown') return { command: 'shutdown' as const, graceful: !quick }
  if (action === 'config' || action === 'reload') return { command: action } as const
  return { command: 'stats' as const }
}

function numberOf(workers: string | undefined): number {
  if (workers === undefined || workers === '') {
    throw usageError('How many workers?', 'Name the number: tune ctl scale 4')
  }
  if (!/^\d+$/.test(workers)) {
    throw usageError(`"${workers}" is no number of workers`, 'Name a whole number: tune ctl scale 4')
  }
  return Number(workers)
}
