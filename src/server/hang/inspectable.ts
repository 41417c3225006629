import inspector from 'node:inspector'

/**
 * Options of Node for a worker whose stack can be read when it hangs. Its inspector is closed; SIGUSR1 opens it on a free port, whose
 * secret address is then told over HTTP on that port and not printed.
 */
const OPTIONS = ['--inspect-port=127.0.0.1:0', '--inspect-publish-uid=http']

/** @param wanted the setting; ports of processes are known on Linux alone. */
export function inspectableOptions(wanted: boolean): string[] {
  return wanted && isPossible() ? OPTIONS : []
}

/**
 * Called first in a worker. Processes and threads that the app starts do not get our options. A signal that is sent to the whole
 * group would otherwise leave the inspector of a healthy worker open, or end the worker.
 *
 * @returns to be called now and then: closes an inspector that nobody started the worker with.
 */
export function guardInspector(): () => void {
  const isInspectable = OPTIONS.every((option) => process.execArgv.includes(option))
  process.execArgv = process.execArgv.filter((option) => !OPTIONS.includes(option))
  if (!isInspectable) {
    process.on('SIGUSR1', () => undefined)
    return () => undefined
  }
  const isMeant = inspector.url() !== undefined
  return () => {
    if (!isMeant && inspector.url() !== undefined) inspector.close()
  }
}

function isPossible(): boolean {
  const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  return process.platform === 'linux' && process.features.inspector && !options.includes('--disable-sigusr1')
}
