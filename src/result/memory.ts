import { z } from 'zod'

/** Memory of a whole server in one configuration: medians over its believed trials. `null` where no trial tells. */
export const memorySchema = z.strictObject({
  /** PSS, arbiter included, with all other servers of the run up: less than what it needs where those have the same code mapped. */
  pssBytes: z.number().nonnegative().nullable(),
  /** With nothing beside it that shares its code: what a container of its own has to hold. Absent where nobody tells. */
  aloneBytes: z.number().nonnegative().optional(),
})
export type ServerMemory = z.infer<typeof memorySchema>

/** Only these figures of something that has more. */
export function memoryFigures({ pssBytes, aloneBytes }: ServerMemory): ServerMemory {
  return { pssBytes, ...(aloneBytes === undefined ? {} : { aloneBytes }) }
}

/** What the server takes by itself, bytes. PSS stands for it where nothing better is known. */
export function serverBytes({ pssBytes, aloneBytes }: ServerMemory): number | null {
  return aloneBytes ?? pssBytes
}
