import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { drawSeed } from '../cli/draw-seed.js'
import { interruptible } from '../cli/interrupt.js'
import { machineFlags, machineOverrides } from '../cli/study-flags.js'
import { stderrProgress, terminalOptions } from '../cli/terminal.js'
import { parseDuration } from '../config/duration.js'
import { renderMachine } from '../report/machine.js'
import { EXIT } from '../result/error.js'
import type { MachineDocument } from '../result/machine-document.js'
import { describeMachine } from '../studies/machine.js'
import { measureMachineNoise } from '../studies/machine-noise.js'

const BUDGET_RANGE = { min: 5, max: 3600 }

export default class MachineCommand extends BaseCommand {
  static override summary = 'show what this process may really use: CPUs, memory and limits'

  static override description = `Reads affinity, cpuset, the CPU quota and memory limit of every cgroup above the process (version 1 and 2), memory, open files and load, each with its source. Without --noise nothing is started and nothing is measured: the configurations shown are the rule of thumb, (2 x CPUs) + 1.

With --noise two identical servers of a bundled app take turns under load, and the report says how small a difference between two configurations this machine can show in how much time, and what disturbs it.

Exit codes: 0 printed, 2 usage, 5 no pair of trials may be believed, 130 interrupted.`

  static override examples = [
    { description: 'What may be used here', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'The rule of thumb for a container with half a CPU and 512 MiB',
      command: '<%= config.bin %> <%= command.id %> --cpus 0.5 --memory 512m',
    },
    {
      description: 'Is this machine quiet enough to measure on?',
      command: '<%= config.bin %> <%= command.id %> --noise',
    },
    {
      description: 'One number for a script',
      command: '<%= config.bin %> <%= command.id %> --json | jq .machine.effectiveCpus',
    },
  ]

  static override flags = {
    ...machineFlags,
    noise: Flags.boolean({
      helpGroup: 'NOISE',
      description: 'measure how small a difference can be shown here, and what disturbs',
    }),
    budget: Flags.string({
      helpGroup: 'NOISE',
      default: '20s',
      helpValue: '<duration>',
      description: 'time for --noise, e.g. 20s or 2m',
    }),
    quiet: Flags.boolean({ helpGroup: 'NOISE', description: 'no progress on stderr' }),
  }

  async run(): Promise<MachineDocument> {
    const { flags } = await this.parse(MachineCommand)
    const seconds = parseDuration(flags.budget, '--budget', BUDGET_RANGE)
    const described = await describeMachine(this.config.version, machineOverrides(flags))
    if (!flags.noise) return this.show(described)
    const progress = stderrProgress(flags.quiet)
    return interruptible(async (signal) => {
      const settings = { seconds, seed: drawSeed() }
      const document = await measureMachineNoise(described, settings, progress, signal)
      if (signal.aborted) process.exitCode = EXIT.interrupted
      else if (document.noise?.pairDeviation == null) process.exitCode = EXIT.inconclusive
      return this.show(document)
    })
  }

  private show(document: MachineDocument): MachineDocument {
    this.log(renderMachine(document, terminalOptions()).trimEnd())
    return document
  }
}
