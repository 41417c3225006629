// A handler that computes a fixed amount of work, WORK rounds: about 1 ms of a core with the default. One call of the C++ side and hardly any
// garbage: a chain of 500 `createHash` spent 24 to 41 % of its time on collections, which alone made windows differ by a fifth.
import { pbkdf2Sync } from 'node:crypto'

const rounds = Number(process.env.WORK ?? 2000)

export default (_request, response) => {
  response.end(pbkdf2Sync('tune', 'work', rounds, 32, 'sha256').toString('hex'))
}
