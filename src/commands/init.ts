import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { EXIT, TuneError, usageError } from '../result/error.js'
import { makeFolder, writeAtomic } from '../result/files.js'
import { detectCi, planInit, type InitFile } from '../studies/init/files.js'
import { describeApp, findApp } from '../studies/init/find-app.js'

interface InitReport {
  app: string
  because: string
  written: string[]
  next: string[]
}

export default class InitCommand extends BaseCommand {
  static override summary = 'write tune.config.ts and a CI workflow for the app that is here'

  static override description = `Finds the app: the start script or main of package.json, else server, app, main or index in src, here or lib. Writes tune.config.ts with budgets to begin with, and a workflow that runs tune ci on pull or merge requests.

No file that exists is overwritten without --force. --dry-run prints what would be written.

Exit codes: 0 written, 2 no app found, or a file is there already.`

  static override examples = [
    { description: 'For the app that is found here', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'Look first', command: '<%= config.bin %> <%= command.id %> --dry-run' },
    {
      description: 'For a named app, with a GitLab job',
      command: '<%= config.bin %> <%= command.id %> services/api/server.ts --ci gitlab',
    },
  ]

  static override args = {
    app: Args.string({ ignoreStdin: true, description: 'path[:export] of the app [default: looked for]' }),
  }

  static override flags = {
    ci: Flags.option({
      options: ['github', 'gitlab', 'none'] as const,
      description: 'which workflow to write [default: gitlab where a GitLab pipeline is, else github]',
    })(),
    force: Flags.boolean({ description: 'overwrite files that exist' }),
    'dry-run': Flags.boolean({ description: 'print the files and write nothing' }),
  }

  async run(): Promise<InitReport> {
    const { args, flags } = await this.parse(InitCommand)
    const folder = process.cwd()
    if (args.app !== undefined && !existsSync(join(folder, args.app.replace(/:[\p{ID_Continue}$]+$/u, '')))) {
      throw usageError(`${args.app} does not exist`, `Check the path; it is relative to ${folder}`)
    }
    const found = args.app === undefined ? findApp(folder) : describeApp(folder, args.app)
    const { files, next } = planInit(folder, found, flags.ci ?? detectCi(folder))
    const report = { app: found.app, because: found.because, next }
    if (flags['dry-run']) {
      this.log(
        files
          .map(({ path, text }) => `# ${path}\n${text}`)
          .join('\n')
          .trimEnd(),
      )
      return { ...report, written: [] }
    }
    if (!flags.force) refuseExisting(folder, files)
    for (const { path, text } of files) {
      await makeFolder(dirname(join(folder, path)))
      await writeAtomic(join(folder, path), text)
    }
    this.log(`The app is ${found.app} (${found.because}).`)
    for (const { path } of files) this.log(`Wrote ${path}`)
    this.log(`Next:\n${next.map((step) => `  ${step}`).join('\n')}`)
    return { ...report, written: files.map(({ path }) => path) }
  }
}

/** Before anything is written: half a set of files is worse than none. */
function refuseExisting(folder: string, files: readonly InitFile[]): void {
  const taken = files.map(({ path }) => path).filter((path) => existsSync(join(folder, path)))
  if (taken.length === 0) return
  throw new TuneError(`${taken.join(' and ')} ${taken.length === 1 ? 'is' : 'are'} there already`, {
    code: 'TUNE_E_INIT_EXISTS',
    exit: EXIT.usage,
    suggestions: ['See what would be written: tune init --dry-run', 'Overwrite with --force'],
  })
}
