import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'

/** `unstated`: neither the extension nor a package.json says; TypeScript then means CommonJS unless the code cannot be. */
export type ModuleFormat = 'esm' | 'cjs' | 'unstated'

/** Format of a source file by Node's rule: the extension, else `type` of the nearest package.json. */
export function moduleFormat(path: string): ModuleFormat {
  const extension = extname(path)
  if (extension === '.mts') return 'esm'
  if (extension === '.cts') return 'cjs'
  const type = nearestPackageType(dirname(path))
  if (type === 'module') return 'esm'
  return type === 'commonjs' ? 'cjs' : 'unstated'
}

function nearestPackageType(folder: string): unknown {
  const file = join(folder, 'package.json')
  if (existsSync(file)) {
    try {
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown } | null)?.type
    } catch {
      return undefined
    }
  }
  const parent = dirname(folder)
  return parent === folder ? undefined : nearestPackageType(parent)
}
