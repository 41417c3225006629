import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { controlRequest } from '../cli/control-request.js'
import { EXIT, TuneError } from '../result/error.js'
import { askServer, ServerError, type ControlRequest, type ServerStats } from '../server/index.js'

const ACTIONS = ['workers', 'stats', 'config', 'reload', 'scale', 'shutdown']

export default class CtlCommand extends BaseCommand {
  static override summary = 'ask a running server, or tell it what to do'

  static override description = `Talks to a server that was started with --control-socket.

workers lists the worker processes; stats prints everything that the server knows of itself, as JSON; config prints the settings that new workers get; reload replaces all workers and waits for it: when the new app does not start, the old workers keep serving and the app's error is shown; scale sets the number of workers; shutdown ends the server after the requests under way, or at once with --quick. A server that gives no answer within 5 s is given up on, a reload as soon as the server is silent for 30 s.`

  static override examples = [
    {
      description: 'The workers',
      command: '<%= config.bin %> <%= command.id %> workers --socket /run/app.ctl',
    },
    {
      description: 'A reload that fails when the app does',
      command: '<%= config.bin %> <%= command.id %> reload',
    },
    { description: 'Four workers', command: '<%= config.bin %> <%= command.id %> scale 4' },
  ]

  static override args = {
    action: Args.string({ ignoreStdin: true, required: true, options: ACTIONS, description: 'what to do' }),
    // Read here and not by oclif, whose word for what is no number is that of a fault of ours.
    workers: Args.string({ ignoreStdin: true, description: 'for scale: how many workers' }),
  }

  static override flags = {
    socket: Flags.string({
      summary: "the server's control socket [default: $TUNE_CONTROL_SOCKET]",
      helpValue: '<path>',
    }),
    quick: Flags.boolean({ summary: 'for shutdown: do not wait for requests' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CtlCommand)
    const socket = flags.socket ?? process.env.TUNE_CONTROL_SOCKET
    if (socket === undefined || socket === '') {
      throw new TuneError('Which server? No control socket was named', {
        code: 'TUNE_E_USAGE',
        exit: EXIT.usage,
        suggestions: ['Give --socket PATH, or set TUNE_CONTROL_SOCKET'],
      })
    }
    const result = await ask(socket, controlRequest(args.action, args.workers, flags.quick))
    this.log(args.action === 'workers' ? workerTable(result as ServerStats) : JSON.stringify(result, null, 2))
    return result
  }
}

async function ask(socket: string, request: ControlRequest): Promise<unknown> {
  try {
    return await askServer(socket, request)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const { code, exit, suggestions } = error
    throw new TuneError(error.message, { code, exit, suggestions, cause: error })
  }
}

function workerTable({ workers }: ServerStats): string {
  const head = [
    'nr',
    'pid',
    'state',
    'age',
    'busy',
    'slots',
    'connections',
    'requests',
    'refused',
    'late',
    'PSS',
  ]
  const rows = workers.map((worker) =>
    [
      ...[worker.nr, worker.pid, worker.stale ? `${worker.state}, silent` : worker.state],
      duration(worker.ageSeconds),
      ...[worker.busySlots, worker.totalSlots, worker.connections, worker.requests, worker.refused],
      // How late its timers are at worst: above some 10 ms something blocks an event loop.
      `${Math.round(Math.max(0, ...worker.loops.map(({ delayMs }) => delayMs.max)))} ms`,
      worker.memory.pss === null ? '-' : `${Math.round(worker.memory.pss / 1024 ** 2)} MiB`,
    ].map(String),
  )
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line).join('\n')
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
