import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { workerClassSchema } from './configuration.js'
import { EXIT, TuneError } from './error.js'
import { errorCode, writeAtomic } from './files.js'
import type { Machine } from './machine.js'
import { requestSchema } from './request.js'

export const PLAN_FILE = 'plan.json'
const PLAN_VERSION = 1

const count = z.int().positive()

/** What a trial depends on beside its configuration: figures from elsewhere must not be mixed with figures from here. */
export const fingerprintSchema = z.strictObject({
  platform: z.string(),
  kernel: z.string(),
  cpuModel: z.string(),
  effectiveCpus: z.number().positive(),
  memoryLimitBytes: z.number().positive(),
  nodeVersion: z.string(),
  toolVersion: z.string(),
})
export type Fingerprint = z.infer<typeof fingerprintSchema>

/** Everything that decides which trials a run of `tune bench` has, in which order. Written before the first one. */
export const runPlanSchema = z.strictObject({
  planVersion: z.literal(PLAN_VERSION),
  command: z.literal('bench'),
  fingerprint: fingerprintSchema,
  overrides: z.strictObject({
    cpus: z.number().positive().optional(),
    memoryBytes: z.number().positive().optional(),
  }),
  app: z.string().nullable(),
  workloads: z.array(z.string()),
  /** As they were asked for; absent where the bundled server alone is measured. */
  servers: z.array(z.string()).optional(),
  allowRemote: z.boolean().optional(),
  axes: z.strictObject({
    classes: z.array(workerClassSchema),
    workers: z.array(count),
    threads: z.array(count),
    connections: z.array(count),
  }),
  request: requestSchema,
  /** Generator processes, where they were asked for. */
  generators: count.optional(),
  /** CPUs that are theirs alone, as a list such as `0,2-3`. */
  generatorCpus: z.string().optional(),
  windowSeconds: z.number().positive(),
  blocks: count,
  repeats: count.optional(),
  seed: z.int().nonnegative(),
})
export type RunPlan = z.infer<typeof runPlanSchema>

export function fingerprintOf(machine: Machine, toolVersion: string): Fingerprint {
  const { platform, kernel, cpuModel, effectiveCpus, memoryLimitBytes, nodeVersion } = machine
  return { platform, kernel, cpuModel, effectiveCpus, memoryLimitBytes, nodeVersion, toolVersion }
}

/** Saves the plan into the folder of its run. */
export async function writePlan(folder: string, plan: Omit<RunPlan, 'planVersion'>): Promise<void> {
  const checked = runPlanSchema.parse({ planVersion: PLAN_VERSION, ...plan })
  await writeAtomic(join(folder, PLAN_FILE), `${JSON.stringify(checked, null, 2)}\n`)
}

/** @throws TuneError (usage) when the folder holds no plan, or one of another version */
export async function readPlan(folder: string): Promise<RunPlan> {
  const path = join(folder, PLAN_FILE)
  const parsed = runPlanSchema.safeParse(await readJson(path))
  if (parsed.success) return parsed.data
  throw notResumable(`${path} is not a plan of this version of tune`)
}

/**
 * @throws TuneError (usage) when the run was begun on another machine, Node or tune: its trials and the missing ones
 * would be compared as if they were alike
 */
export function assertSameFingerprint(planned: Fingerprint, here: Fingerprint): void {
  const keys = Object.keys(planned) as (keyof Fingerprint)[]
  const changed = keys
    .filter((key) => planned[key] !== here[key])
    .map((key) => `${key} was ${planned[key]} and is ${here[key]}`)
  if (changed.length > 0) throw notResumable(`The run was begun elsewhere: ${changed.join('; ')}`)
}

export function notResumable(reason: string): TuneError {
  return new TuneError(reason, {
    code: 'TUNE_E_RESUME',
    exit: EXIT.usage,
    suggestions: ['Begin a new run: trials of two places or two versions cannot be compared'],
  })
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      throw new TuneError(`There is nothing to resume: ${path} does not exist`, {
        code: 'TUNE_E_RESUME',
        exit: EXIT.usage,
        suggestions: ['Give the folder of an earlier tune bench, e.g. reports/bench-20261120-093000'],
        cause: error,
      })
    }
    throw notResumable(`cannot read ${path}: ${String(error)}`)
  }
}
