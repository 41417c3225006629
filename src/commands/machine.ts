import { Flags } from '@oclif/core'
import ansis from 'ansis'
import { BaseCommand } from '../cli/base-command.js'
import { parseCpus, parseMemory } from '../config/units.js'
import { renderMachine } from '../report/machine.js'
import type { MachineDocument } from '../result/machine-document.js'
import { describeMachine } from '../studies/machine.js'

/** Width where there is no terminal: a log or a pipe. */
const DEFAULT_COLUMNS = 120

export default class MachineCommand extends BaseCommand {
  static override summary = 'show what this process may really use: CPUs, memory and limits'

  static override description = `Reads affinity, cpuset, the CPU quota and memory limit of every cgroup above the process (version 1 and 2), memory, open files and load, each with its source. Nothing is started and nothing is measured: the configurations shown are the rule of thumb, (2 x CPUs) + 1.`

  static override examples = [
    { description: 'What may be used here', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'The rule of thumb for a container with half a CPU and 512 MiB',
      command: '<%= config.bin %> <%= command.id %> --cpus 0.5 --memory 512m',
    },
    {
      description: 'One number for a script',
      command: '<%= config.bin %> <%= command.id %> --json | jq .machine.effectiveCpus',
    },
  ]

  static override flags = {
    cpus: Flags.string({
      summary: 'count on this many CPUs instead of the detected ones',
      description: 'A number above 0; fractions are allowed.',
      helpValue: '<number>',
    }),
    memory: Flags.string({
      summary: 'count on this much memory instead of the detected limit',
      description: 'A number with a unit of k, m, g or t, which are powers of 1024: 512m, 2g, 1.5GiB.',
      helpValue: '<size>',
    }),
  }

  async run(): Promise<MachineDocument> {
    const { flags } = await this.parse(MachineCommand)
    // Parsed here and not by the flags: oclif would wrap the message in its own.
    const document = await describeMachine(this.config.version, {
      cpus: flags.cpus === undefined ? undefined : parseCpus(flags.cpus),
      memoryBytes: flags.memory === undefined ? undefined : parseMemory(flags.memory),
    })
    // A terminal may report 0 columns (a detached pty), which would leave no room for any table.
    const width = process.stdout.columns || DEFAULT_COLUMNS
    this.log(renderMachine(document, { width, color: ansis.isSupported() }).trimEnd())
    return document
  }
}
