import type { Progress } from '../report/progress.js'
import type { MachineDocument } from '../result/machine-document.js'
import { calibrateNoise, NOISE_WORKLOAD, type NoiseSettings } from './noise.js'
import { bundledSubjects } from './subjects.js'
import { withTools } from './workbench.js'

/** Adds what a calibration of about `seconds` says about the noise here (noise.ts). An abort ends it with what is known. */
export async function measureMachineNoise(
  document: MachineDocument,
  settings: NoiseSettings,
  progress: Progress,
  signal: AbortSignal,
): Promise<MachineDocument> {
  const [subject] = bundledSubjects([NOISE_WORKLOAD])
  if (subject === undefined) throw new Error(`there is no workload ${NOISE_WORKLOAD}`)
  const { machine, tool } = document
  const given = { toolVersion: tool.version, machine, progress, saveTrial: () => undefined }
  const noise = await withTools(given, (tools) => calibrateNoise(subject, settings, tools, signal))
  return { ...document, noise }
}
