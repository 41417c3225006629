// A handler that computes a fixed amount of work, WORK steps: about 1 ms of a core with the default.
import { createHash } from 'node:crypto'

const steps = Number(process.env.WORK ?? 500)

export default (_request, response) => {
  let digest = Buffer.from('tune')
  for (let step = 0; step < steps; step++) digest = createHash('sha256').update(digest).digest()
  response.end(digest.toString('hex'))
}
