// Holds 150 MB in every process, as a model or a large cache does, and computes a little.
import { pbkdf2Sync } from 'node:crypto'

const held = Buffer.alloc(150 * 1024 * 1024, 1)

export default function hungry(_request, response) {
  pbkdf2Sync('tune', 'hungry', 4000, 32, 'sha256')
  response.end(`hungry ${held[held.length - 1]}\n`)
}
