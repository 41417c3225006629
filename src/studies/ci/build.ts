import { spawn } from 'node:child_process'
import { EXIT, TuneError } from '../../result/error.js'

const LINES_SHOWN = 12
const MOST_KEPT = 1024 * 1024

export interface Build {
  /** Shell command. */
  command: string
  cwd: string
  /** For messages: `the head (main)`. */
  of: string
  /** What to try by hand. */
  advice: string
}

/**
 * Runs a build command and gives what it printed. An abort ends it with all it has started.
 * @throws TuneError (exit 4) with its last lines when it fails
 */
export async function build({ command, cwd, of, advice }: Build, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  // A group of its own, so that one signal reaches npm, what npm has started, and its children.
  const child = spawn(command, { cwd, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MOST_KEPT)
    })
  }
  const end = (): void => {
    if (child.pid !== undefined) killGroup(child.pid)
  }
  signal.addEventListener('abort', end)
  // Ours too when this process leaves at once, at the second Ctrl-C.
  process.once('exit', end)
  try {
    const how = await new Promise<string | null>((resolve) => {
      child.once('error', ({ message }) => resolve(message))
      child.once('close', (code, name) =>
        resolve(code === 0 ? null : (name ?? `exit code ${code ?? 'unknown'}`)),
      )
    })
    signal.throwIfAborted()
    if (how === null) return output
    throw new TuneError(`the build of ${of} failed (${how}): ${command}${lastLines(output)}`, {
      code: 'TUNE_E_BUILD',
      exit: EXIT.appLoad,
      suggestions: [advice],
    })
  } finally {
    signal.removeEventListener('abort', end)
    process.off('exit', end)
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function lastLines(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-LINES_SHOWN)
  return lines.join('') === '' ? '' : `\nLast lines of the build:\n  ${lines.join('\n  ')}`
}
