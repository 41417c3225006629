import { constants } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { writeAtomic } from '../result/files.js'
import { readConfigFile } from './config-file.js'

export interface AppliedConfig {
  path: string
  /** A copy of the file that was there; `null` where there was none. */
  backup: string | null
  /** The command that puts back what was there. */
  rollback: string
}

const TARGET = 'tune.config.ts'

/**
 * Writes tune.config.ts in `directory`. A config file that is there, whatever its kind, is copied first and never silently overwritten; one of
 * another kind then goes, because two of them would leave open which one counts.
 *
 * @param render the text of the file, from the `serve` section that was there and the command that goes back
 * @throws TuneError (usage) when the config file that is there cannot be read
 */
export async function applyConfig(
  directory: string,
  now: Date,
  render: (existing: Readonly<Record<string, unknown>>, rollback: string) => string,
): Promise<AppliedConfig> {
  const path = join(directory, TARGET)
  const existing = await readConfigFile(directory)
  if (existing === null) {
    const rollback = `rm ${TARGET}`
    await writeAtomic(path, render({}, rollback))
    return { path, backup: null, rollback }
  }
  const stamp = now.toISOString().replace(/[-:]|\.\d+Z$/g, '')
  const backup = `${existing.path}.before-${stamp}`
  const isSame = existing.path === path
  const rollback = `${isSame ? '' : `rm ${TARGET} && `}mv ${basename(backup)} ${basename(existing.path)}`
  const text = render(existing.serve, rollback)
  await copyFile(existing.path, backup, constants.COPYFILE_EXCL)
  await writeAtomic(path, text)
  if (!isSame) await rm(existing.path)
  return { path, backup, rollback }
}
