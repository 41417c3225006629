import { comparisonFiles } from '../report/comparison/files.js'
import type { Progress } from '../report/progress.js'
import { comparisonDocumentSchema, type ComparisonDocument } from '../result/comparison.js'
import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import type { MachineOverrides } from './read-machine.js'
import { compareVersions, type Version, type VersionsSettings } from './versions.js'
import { bundledTargets, withWorkbench } from './workbench.js'

/** An app at a place, under the bundled server. */
export function bundledVersion(
  name: string,
  { cwd, app }: { cwd: string; app: string },
  revision?: string,
): Version {
  return { name, app, revision, makeTarget: bundledTargets(app, { cwd }) }
}

const CONNECTIONS_A_WORKER = 8

export interface VersionsRun extends Omit<
  VersionsSettings,
  'name' | 'configuration' | 'connections' | 'command'
> {
  command: VersionsSettings['command']
  toolVersion: string
  out: string | undefined
  overrides: MachineOverrides
  progress: Progress
  /** Generator processes; absent for one, and more where one is the limit. */
  generators?: number | undefined
  /** `null`: some for each worker. */
  connections: number | null
  configurationOn: (machine: Machine) => Configuration
  /** More for the report folder, by file name. */
  files?: readonly [name: string, text: string][]
}

/** Measures two versions on this machine and leaves every rendering in a report folder. */
export async function runVersions(
  {
    toolVersion,
    out,
    overrides,
    progress,
    configurationOn,
    connections,
    generators,
    files = [],
    ...settings
  }: VersionsRun,
  versions: { base: Version; head: Version },
  signal: AbortSignal,
): Promise<{ document: ComparisonDocument; folder: string }> {
  const options = { toolVersion, subject: settings.command, out, overrides, generators, progress }
  return withWorkbench(options, async ({ tools, store }) => {
    const configuration = configurationOn(tools.machine)
    const whole = {
      ...settings,
      name: store.name,
      configuration,
      connections: connections ?? CONNECTIONS_A_WORKER * configuration.workers,
    }
    for (const [name, text] of files) await store.writeFile(name, text)
    const document = comparisonDocumentSchema.parse(await compareVersions(whole, versions, tools, signal))
    for (const [name, text] of comparisonFiles(document)) await store.writeFile(name, text)
    progress.done()
    return { document, folder: store.folder }
  })
}
