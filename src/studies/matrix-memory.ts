import { configurationBytes, memoryBudget, memoryModel } from '../advisor/memory.js'
import { usageError } from '../result/error.js'
import { hostKey } from '../result/host-key.js'
import type { Machine } from '../result/machine.js'
import type { MatrixCell } from './matrix-plan.js'

/**
 * All servers of a matrix are up at the same time, because only trials that alternate can be compared.
 * @throws TuneError (usage) when the machine cannot hold them by the rule of thumb for an idle Node process
 */
export function assertFitsMemory(cells: readonly MatrixCell[], machine: Machine): void {
  const budgetBytes = memoryBudget(machine)
  const model = memoryModel(null, null, budgetBytes)
  const configurations = new Map(cells.map((cell) => [hostKey(cell), cell.configuration]))
  const neededBytes = [...configurations.values()].reduce(
    (sum, one) => sum + configurationBytes(one, model),
    0,
  )
  if (neededBytes <= budgetBytes) return
  const [needed, budget] = [neededBytes, budgetBytes].map((bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB`)
  throw usageError(
    `The matrix has ${configurations.size} servers up at the same time, which takes about ${needed}; ${budget} may be used`,
    'Name fewer with --classes, --workers and --threads',
  )
}
