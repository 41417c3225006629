import { BaseCommand } from '../cli/base-command.js'
import { machineFlags, machineOverrides } from '../cli/study-flags.js'
import { terminalOptions } from '../cli/terminal.js'
import { renderMachine } from '../report/machine.js'
import type { MachineDocument } from '../result/machine-document.js'
import { describeMachine } from '../studies/machine.js'

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

  static override flags = machineFlags

  async run(): Promise<MachineDocument> {
    const { flags } = await this.parse(MachineCommand)
    const document = await describeMachine(this.config.version, machineOverrides(flags))
    this.log(renderMachine(document, terminalOptions()).trimEnd())
    return document
  }
}
