import { constants } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { writeAtomic } from '../result/files.js'
import { usageError } from '../result/error.js'
import { readConfigFile, type ConfigFile } from './config-file.js'

export interface AppliedConfig {
  path: string
  /** A copy of the file that was there; `null` where there was none. */
  backup: string | null
  /** The command that puts back what was there. */
  rollback: string
}

/** What a config file holds beside hooks: data, which can be written again. */
export type ConfigData = Pick<ConfigFile, 'serve' | 'budgets' | 'ci'>

const TARGET = 'tune.config.ts'

/**
 * Whether a config file may be replaced, before anything is measured for it.
 *
 * @throws TuneError (usage) when it holds hooks: they are code, and would be lost
 */
export function assertAppliable({ path, hooks }: ConfigFile): void {
  const names = Object.keys(hooks)
  if (names.length === 0) return
  throw usageError(
    `--apply cannot carry over the hooks of ${basename(path)} (${names.join(', ')}): they are code`,
    'Leave --apply out, and put the answer into its serve section by hand: tune export <result> --to tune prints it',
  )
}

/**
 * Writes tune.config.ts in `directory`. A config file that is there, whatever its kind, is copied first and never silently overwritten; one of
 * another kind then goes, because two of them would leave open which one counts.
 *
 * @param render the text of the file, from the settings that were there and the command that goes back; `null` where it says so already
 * @returns `null` where nothing was to be written
 * @throws TuneError (usage) when the config file that is there cannot be read, or holds hooks
 */
export async function applyConfig(
  directory: string,
  now: Date,
  render: (existing: ConfigData, rollback: string) => string | null,
): Promise<AppliedConfig | null> {
  const path = join(directory, TARGET)
  const existing = await readConfigFile(directory)
  if (existing === null) {
    const rollback = `rm ${TARGET}`
    const text = render({ serve: {}, budgets: [], ci: {} }, rollback)
    if (text === null) return null
    await writeAtomic(path, text)
    return { path, backup: null, rollback }
  }
  assertAppliable(existing)
  const stamp = now.toISOString().replace(/[-:]|\.\d+Z$/g, '')
  const backup = `${existing.path}.before-${stamp}`
  const isSame = existing.path === path
  const rollback = `${isSame ? '' : `rm ${TARGET} && `}mv ${basename(backup)} ${basename(existing.path)}`
  const text = render(existing, rollback)
  if (text === null) return null
  await copyFile(existing.path, backup, constants.COPYFILE_EXCL)
  await writeAtomic(path, text)
  if (!isSame) await rm(existing.path)
  return { path, backup, rollback }
}
