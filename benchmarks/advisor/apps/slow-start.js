// Takes two seconds to load, then waits 5 ms and computes about 1 ms per request.
import { pbkdf2Sync } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'

await setTimeout(2000)

export default async function slowStart(_request, response) {
  pbkdf2Sync('tune', 'slow-start', 2000, 32, 'sha256')
  await setTimeout(5)
  response.end('slow start\n')
}
