import { z } from 'zod'

/** One fact about the machine with the file, call or flag it was read from. */
export const machineFactSchema = z.strictObject({
  id: z.string(),
  label: z.string(),
  value: z.union([z.number(), z.string(), z.null()]),
  /** How to print it: `count`, `cpus`, `bytes` or `text`. */
  unit: z.enum(['count', 'cpus', 'bytes', 'text']),
  source: z.string(),
})
export type MachineFact = z.infer<typeof machineFactSchema>

/** What the process may really use. `facts` holds everything behind the two numbers that decide. */
export const machineSchema = z.strictObject({
  /** N: minimum of affinity, cpuset and the CPU quota of every cgroup ancestor; fractions are kept. */
  effectiveCpus: z.number().positive(),
  effectiveCpusSource: z.string(),
  memoryLimitBytes: z.number().positive(),
  memoryLimitSource: z.string(),
  memoryAvailableBytes: z.number().nonnegative(),
  openFilesLimit: z.number().positive().nullable(),
  somaxconn: z.number().positive().nullable(),
  platform: z.string(),
  cpuModel: z.string(),
  kernel: z.string(),
  nodeVersion: z.string(),
  facts: z.array(machineFactSchema),
  warnings: z.array(z.string()),
})
export type Machine = z.infer<typeof machineSchema>
